"""`manage.py serve`: web and runner in one process, the embedded default."""

from __future__ import annotations

import os
import signal
import socket
import sys
from argparse import ArgumentParser
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from conversations.models import User

MOST_FRAME = 65_536
"""Bytes of a frame from a browser. It sends short requests only; a larger frame closes the socket with 1009."""


class Command(BaseCommand):
    help = "Serve Salon: web and runner in one process, or the web alone where SALON_RUNNER is “worker”."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default=os.environ.get("HOST") or "127.0.0.1")
        parser.add_argument("--port", type=int, default=os.environ.get("PORT") or "8000")

    def handle(self, *, host: str, port: int, **options: Any) -> None:
        from twisted.internet import asyncioreactor

        asyncioreactor.install()  # type: ignore[no-untyped-call]
        from daphne.endpoints import build_endpoint_description_strings
        from twisted.internet import reactor as installed

        from conversations.actions.people import create_first_administrator_from_environment
        from webapp.asgi import application
        from webapp.sockets import Server

        _require_free(host, port)
        create_first_administrator_from_environment()
        lifespan = application.application_mapping["lifespan"]
        reactor: Any = installed
        loop = reactor._asyncioEventloop

        def begin() -> None:
            loop.create_task(self._begin(lifespan, host, port))

        reactor.addSystemEventTrigger("before", "shutdown", lambda: _deferred(lifespan.end(), loop))
        Server(
            application=application,
            endpoints=build_endpoint_description_strings(host=host, port=port),
            websocket_max_message_size=MOST_FRAME,
            websocket_max_frame_size=MOST_FRAME,
            http_timeout=None,
            verbosity=0,
            server_name="salon",
            ready_callable=begin,
        ).run()

    async def _begin(self, lifespan: Any, host: str, port: int) -> None:
        try:
            await lifespan.begin()
        except Exception:
            self.stderr.write("The runner of turns could not start; see the log.")
            os.kill(os.getpid(), signal.SIGTERM)
            raise
        shown = "localhost" if host in {"127.0.0.1", "::1"} else host
        self.stdout.write(f"\nSalon is at http://{shown}:{port}/")
        sign_in = await sync_to_async(_how_to_sign_in)()
        self.stdout.write(f"{sign_in}\nEverything it writes is in {settings.DATA}. Ctrl-C ends it.\n")
        sys.stdout.flush()


def _require_free(host: str, port: int) -> None:
    """Stop with a sentence where the address cannot be served at; the server itself would only log it and sit there."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        raise CommandError(f"Salon cannot listen at {host}:{port} ({error.strerror}). Choose another PORT.") from error


def _how_to_sign_in() -> str:
    if User.objects.exists():
        return "Sign in there with your e-mail address and password."
    return "Open it to set up the first administrator."


def _deferred(coroutine: Any, loop: Any) -> Any:
    from twisted.internet.defer import Deferred

    return Deferred.fromFuture(loop.create_task(coroutine))
