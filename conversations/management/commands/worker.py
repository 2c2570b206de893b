"""`manage.py worker`: a runner of turns apart from the web processes."""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from conversations import replay
from conversations.hub import hub
from conversations.turns.runner import runner


class Command(BaseCommand):
    help = "Run turns, beside web processes that only serve pages (SALON_RUNNER=worker)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--concurrency", type=int, default=64, help="turns that run at the same time (64)")

    def handle(self, *, concurrency: int, **options: Any) -> None:
        if settings.SALON_RUNNER != "worker":
            raise CommandError("SALON_RUNNER is “embedded”: the server runs the turns itself. Set it to worker.")
        asyncio.run(self._work(concurrency))

    async def _work(self, concurrency: int) -> None:
        from procrastinate.contrib.django import app

        await hub.start(replay.frames_from)
        await runner.start()
        self.stdout.write("The worker waits for turns. Ctrl-C ends it.")
        try:
            connector: Any = app.connector
            with app.replace_connector(connector.get_worker_connector()) as workers:
                async with workers.open_async():
                    await workers.run_worker_async(
                        queues=["turns"],
                        concurrency=concurrency,
                        shutdown_graceful_timeout=0,
                        delete_jobs="always",
                        install_signal_handlers=True,
                    )
        finally:
            await runner.stop()
            await hub.stop()
