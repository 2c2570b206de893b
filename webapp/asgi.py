"""The doors of a web process: pages and writes by HTTP, news by sockets."""

import django

from webapp import env

with env.one_sentence():
    env.choose_settings()
    django.setup()  # loads the apps, which the imports below need

from typing import Any

from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.urls import path

from conversations.consumers import ConversationConsumer, UnknownConsumer
from conversations.gateway import sockets as gateway
from webapp.health import answer_alive
from webapp.lifespan import Lifespan
from webapp.middleware import SocketLog
from webapp.origin import SameOrigin
from webapp.pages import Pages
from webapp.signed_in import SignedIn
from webapp.static import with_static_files

sockets = URLRouter(
    [
        path("ws/conversations/<str:conversation_id>/", ConversationConsumer.as_asgi()),
        path("<path:anything>", UnknownConsumer.as_asgi()),
    ]
)
CLIENTS = ("/openai/v1/responses", "/openai/responses")
clients = SocketLog(gateway.serve)


def clients_first(pages: Any) -> Any:
    """Return the application of sockets with the gateway's before that of pages: its clients have keys, no cookies."""

    async def chosen(scope: dict[str, Any], receive: Any, send: Any) -> None:
        await (clients if scope["path"] in CLIENTS else pages)(scope, receive, send)

    return chosen


application = ProtocolTypeRouter(
    {
        "http": answer_alive(with_static_files(Pages())),
        "websocket": clients_first(SameOrigin(SignedIn(SocketLog(sockets)))),
        "lifespan": Lifespan(runs_turns=settings.SALON_RUNNER == "embedded"),
    }
)
