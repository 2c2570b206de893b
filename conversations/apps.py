from django.apps import AppConfig


class ConversationsConfig(AppConfig):
    name = "conversations"
    verbose_name = "Salon"

    def ready(self) -> None:
        from conversations import checks, signins  # noqa: F401  # they register themselves
