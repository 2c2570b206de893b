"""The doors of a web process: pages and writes by HTTP, news by sockets."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"webapp.settings.{os.environ.get('SALON_ENV') or 'development'}")
django.setup()  # loads the apps, which the imports below need

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.conf import settings  # noqa: E402
from django.urls import path  # noqa: E402

from conversations.consumers import ConversationConsumer, UnknownConsumer  # noqa: E402
from webapp.lifespan import Lifespan  # noqa: E402
from webapp.origin import SameOrigin  # noqa: E402
from webapp.pages import Pages  # noqa: E402
from webapp.static import with_static_files  # noqa: E402

sockets = URLRouter(
    [
        path("ws/conversations/<str:conversation_id>/", ConversationConsumer.as_asgi()),
        path("<path:anything>", UnknownConsumer.as_asgi()),
    ]
)
application = ProtocolTypeRouter(
    {
        "http": with_static_files(Pages()),
        "websocket": SameOrigin(AuthMiddlewareStack(sockets)),
        "lifespan": Lifespan(runs_turns=settings.SALON_RUNNER == "embedded"),
    }
)
