"""Presence: what people cost who come, look and type all the time."""

from __future__ import annotations

import asyncio
import json
import random
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import aiohttp

from bench.clients import cpu_of
from bench.people import browser_headers, set_up
from bench.report import table
from bench.servers import app, environment, free_port, served
from bench.streaming import READY, program

PEOPLE = (10, 500)
TYPES_EVERY = 7.0
SECONDS = 10.0
"""Three times as long as a stream of the other tables takes."""


def measure(quick: bool) -> str:
    """Let people look at one conversation and type. Return the table."""
    provider = free_port()
    rows = []
    with tempfile.TemporaryDirectory(prefix="salon-bench-") as folder:
        environ = environment(Path(folder), provider)
        program(["manage.py", "migrate", "--no-input", "--verbosity", "0"], environ)
        provider_command = [sys.executable, "-m", "bench.provider", str(provider)]
        port = free_port()
        with (
            served(provider_command, provider, environment(Path(), provider)),
            served(app("daphne", port), port, environ, path=READY) as salon,
        ):
            for number in PEOPLE[: 1 if quick else None]:
                people = json.loads(program(["-m", "bench.presence", str(number)], environ))
                typing = asyncio.run(type_for(port, people, salon.pid))
                rows.append(
                    [
                        str(number),
                        f"{typing['come']:.2f}",
                        f"{typing['cpu']:.2f}",
                        f"{typing['frames']:.1f}",
                        f"{typing['bytes']:.0f}",
                    ]
                )
    titles = ["people", "CPU s while they come", f"CPU s, {SECONDS:.0f} s of typing", "frames a second, each"]
    return table([*titles, "bytes a second, each"], rows)


async def type_for(port: int, people: dict[str, Any], pid: int) -> dict[str, float]:
    """Let everybody look at the conversation and type; return the server's cost and what each was sent."""
    url, got = f"http://127.0.0.1:{port}", Counter[str]()
    path = f"{url}/ws/conversations/{people['conversation']}/"
    before = cpu_of(pid)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        sockets = [
            await http.ws_connect(path, headers={"Origin": url, "Cookie": headers["Cookie"]})
            for headers in people["headers"]
        ]
        hearing = [asyncio.create_task(hear(socket, got)) for socket in sockets]
        await asyncio.sleep(3)
        came = cpu_of(pid) - before
        before = cpu_of(pid)
        got.clear()
        luck = random.Random(1)
        await asyncio.gather(*(type_on(socket, luck) for socket in sockets))
        cost = cpu_of(pid) - before
        for task in hearing:
            task.cancel()
        await asyncio.gather(*(socket.close() for socket in sockets))
    each = len(sockets) * SECONDS
    return {"come": came, "cpu": cost, "frames": got["frames"] / each, "bytes": got["bytes"] / each}


async def hear(socket: aiohttp.ClientWebSocketResponse, got: Counter[str]) -> None:
    async for message in socket:
        got["frames"] += 1
        got["bytes"] += len(message.data)


async def type_on(socket: aiohttp.ClientWebSocketResponse, luck: random.Random) -> None:
    """Type with pauses, to the model and to people."""
    loop = asyncio.get_running_loop()
    end = loop.time() + SECONDS
    await asyncio.sleep(luck.uniform(0, TYPES_EVERY))
    while loop.time() < end:
        await socket.send_json({"type": "typing", "to": luck.choice(["model", "people", ""])})
        await asyncio.sleep(min(TYPES_EVERY, max(0.0, end - loop.time())))


def main(number: int) -> None:
    """Make people who share one conversation; print their browsers' headers, and its id."""
    set_up()
    from conversations.models import Conversation, Membership, User

    known = User.objects.count()
    people = [User(email=f"p{known + place}@example.com", name=f"Person {place}") for place in range(number)]
    for person in people:
        person.set_unusable_password()
    User.objects.bulk_create(people)
    conversation = Conversation.objects.create(created_by=people[0], title="Tides", title_by_person=True)
    Membership.objects.bulk_create(
        Membership(conversation=conversation, user=person, role="editor" if place else "owner")
        for place, person in enumerate(people)
    )
    json.dump({"headers": [browser_headers(person) for person in people], "conversation": conversation.pk}, sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]))
