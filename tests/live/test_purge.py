"""After a purge a search of every byte finds nothing: database and its log, files, logs, the embedded provider."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import psycopg

from tests.live.person import Person
from tests.live.server import ROOT, WORKERS, Server

CANARY = "kanarienvogel7f3a"
FUNCTION = {
    "type": "function",
    "name": "look_up",
    "parameters": {
        "type": "object",
        "properties": {"about": {"type": "string", "enum": [CANARY]}},
        "required": ["about"],
        "additionalProperties": False,
    },
}


def manage(server: Server, *arguments: str) -> str:
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=server._environment(), capture_output=True, text=True, timeout=120, check=True
    )
    return done.stdout


def places_of(server: Server, needle: str) -> list[str]:
    """Return the files, and on services the tables, in which a text can be found as UTF-8, UTF-16 or base64."""
    found = [
        str(path.relative_to(server.data)) for path in files_of(server.data) if needle.encode() in path.read_bytes()
    ]
    if WORKERS:
        with psycopg.connect(server._services["DATABASE_URL"]) as connection:
            tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
            for (table,) in tables:
                rows = connection.execute(
                    f'SELECT count(*) FROM "{table}" AS t WHERE t::text LIKE %s',
                    [f"%{needle}%"],  # type: ignore[arg-type]
                ).fetchone()
                found += [table] if rows and rows[0] else []
    return sorted(found)


def files_of(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and not path.is_socket()]


async def say_it_everywhere(alice: Person, key: str) -> tuple[str, list[str]]:
    """Put the canary where words can be; return the conversation and what the provider calls its responses."""
    conversation = await alice.begin()
    await alice.post(f"/conversations/{conversation}/update/", {"title": CANARY, "instructions": f"Mind {CANARY}"})
    headers = {"X-File-Name": quote(f"{CANARY}.txt"), "Content-Type": "text/plain"}
    status, body = await alice.ask("POST", "/files/", data=f"In a file: {CANARY}", headers=headers)
    assert status == 201, body
    attached = {"attachments": [{"file": json.loads(body)["file"]["id"]}]}
    async with alice.window(conversation) as window:
        for text, more in ((f"Say {CANARY} again", attached), (f"Use a heading, {CANARY}", {})):
            turn = await alice.send(conversation, text, **more)
            assert (await window.until_final(turn["id"]))["status"] == "completed"
    wrong = {"reason": "other", "comment": f"Why {CANARY}"}
    status, body = await alice.ask("POST", f"/conversations/{conversation}/report/?turn={turn['id']}", data=wrong)
    assert status == 302, body
    alice.server.inside("decide_cases", words=f"Because of {CANARY}")
    asked = {"model": "demo", "conversation": conversation, "input": f"Look up {CANARY}", "tools": [FUNCTION]}
    status, body = await alice.ask(
        "POST", "/openai/v1/responses", json=asked, headers={"Authorization": f"Bearer {key}"}
    )
    assert status == 200, body
    assert f'\\"{CANARY}\\"' in body.decode()  # the arguments that the model wrote
    return conversation, re.findall(r'"(resp_\w+)"', body.decode())


async def provider_has(server: Server, alice: Person, path: str) -> bool:
    endpoint = server.provider
    headers = {"Authorization": f"Bearer {endpoint.key}"}
    async with alice.http.get(f"{endpoint.base_url.rstrip('/')}/{path}", headers=headers) as answer:
        return answer.status == 200


async def test_a_byte_search_finds_nothing_after_a_purge(new_server: Callable[..., Server]) -> None:
    server = new_server()
    server.start()
    key = server.inside("issue_key", name="Alice")
    async with Person(server, "Alice") as alice:
        conversation, responses = await say_it_everywhere(alice, key)
        before = await asyncio.to_thread(places_of, server, CANARY)
        assert any("blobs" in place for place in before)
        assert any("localmodel" in place for place in before)
        assert responses
        assert await provider_has(server, alice, f"responses/{responses[0]}")

        assert (await alice.ask("POST", f"/conversations/{conversation}/delete/", json={}))[0] == 200
        assert "Purged: 0" in await asyncio.to_thread(manage, server, "purge")
        said = await asyncio.to_thread(manage, server, "purge", "--now")
        assert "Purged: 1" in said
        assert "0 waiting, 0 given up" in said

        assert await asyncio.to_thread(places_of, server, CANARY) == []
        assert not await provider_has(server, alice, f"responses/{responses[0]}")
        status, _ = await alice.ask("GET", f"/conversations/{conversation}/")
        assert status == 404
    server.leave()
    assert "All 1 certificates hold" in await asyncio.to_thread(manage, server, "verifycertificate")
    assert "holds" in await asyncio.to_thread(manage, server, "verifyaudit")
    assert server.troubles() == []
