from django.apps import AppConfig


class ConversationsConfig(AppConfig):
    name = "conversations"
    verbose_name = "Salon"

    def ready(self) -> None:
        from conversations import checks  # noqa: F401  # registers them
