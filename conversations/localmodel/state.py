"""What the provider keeps: responses, their items, the events of background streams, and files' descriptions.

SQLite in a thread of its own. Jobs that wait are committed together, so that many running streams cost few commits,
and a job's future resolves only after its commit: what a client has seen survives a kill of the process.
"""

import asyncio
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

Result = TypeVar("Result")
encode = msgspec.json.encode

INPUT, OUTPUT = 0, 1
RUNNING = ("queued", "in_progress")

SCHEMA = """
CREATE TABLE IF NOT EXISTS responses (
  id TEXT PRIMARY KEY, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, previous_id TEXT,
  status TEXT NOT NULL, background INTEGER NOT NULL, streamed INTEGER NOT NULL, metadata BLOB NOT NULL,
  request BLOB, body BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS responses_expiry ON responses (expires_at);
CREATE TABLE IF NOT EXISTS items (
  response_id TEXT NOT NULL REFERENCES responses ON DELETE CASCADE, direction INTEGER NOT NULL,
  position INTEGER NOT NULL, id TEXT NOT NULL, data BLOB NOT NULL, PRIMARY KEY (response_id, direction, position));
CREATE INDEX IF NOT EXISTS items_id ON items (id);
CREATE TABLE IF NOT EXISTS events (
  response_id TEXT NOT NULL REFERENCES responses ON DELETE CASCADE, sequence INTEGER NOT NULL, data BLOB NOT NULL,
  PRIMARY KEY (response_id, sequence));
CREATE TABLE IF NOT EXISTS files (id TEXT PRIMARY KEY, created_at INTEGER NOT NULL, expires_at INTEGER, data BLOB);
"""

CHAIN = """
WITH RECURSIVE chain (id, previous_id, depth) AS (
  SELECT id, previous_id, 0 FROM responses WHERE id = ?
  UNION ALL
  SELECT responses.id, responses.previous_id, depth + 1 FROM responses JOIN chain ON responses.id = chain.previous_id)
SELECT items.data FROM chain JOIN items ON items.response_id = chain.id
ORDER BY depth DESC, direction, position
"""


class State:
    """The provider's memory on disk. Every method is a coroutine that returns after its commit."""

    def __init__(self, path: Path, *, keep_seconds: int) -> None:
        self.path = path
        self.keep_seconds = keep_seconds
        self._jobs: queue.SimpleQueue[tuple[Callable[[sqlite3.Connection], Any], asyncio.Future[Any]] | None] = (
            queue.SimpleQueue()
        )
        self._loop = asyncio.get_running_loop()
        self._forgot = False
        """Whether something was deleted that the write-ahead log may still hold."""
        self._thread = threading.Thread(target=self._work, name="state", daemon=True)
        self._thread.start()

    async def close(self) -> None:
        """Finish the waiting jobs and close the database."""
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)

    def _work(self) -> None:
        database = sqlite3.connect(self.path, isolation_level=None)
        database.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;")
        # What is deleted is overwritten, and does not linger in free pages.
        database.execute("PRAGMA secure_delete = ON")
        database.executescript(SCHEMA)
        closing = False
        while not closing:
            waiting = [self._jobs.get()]
            while not self._jobs.empty():
                waiting.append(self._jobs.get())
            outcomes: list[tuple[asyncio.Future[Any], Any, Exception | None]] = []
            database.execute("BEGIN IMMEDIATE")
            for job in waiting:
                if job is None:
                    closing = True
                    continue
                action, future = job
                try:
                    outcomes.append((future, action(database), None))
                except Exception as error:
                    outcomes.append((future, None, error))
            database.execute("COMMIT")
            if self._forgot and self._jobs.empty():
                # The log still has the pages as they were before
                database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                self._forgot = False
            for outcome in outcomes:
                self._loop.call_soon_threadsafe(settle, *outcome)
        database.close()

    async def _do(self, action: Callable[[sqlite3.Connection], Result]) -> Result:
        future: asyncio.Future[Result] = self._loop.create_future()
        self._jobs.put((action, future))
        return await future

    async def add_response(
        self,
        body: dict[str, Any],
        *,
        items: list[dict[str, Any]],
        streamed: bool,
        request: dict[str, Any] | None,
    ) -> None:
        """Store a response with its input items. `request` is kept only while it may have to be played again."""

        def act(database: sqlite3.Connection) -> None:
            database.execute(
                "INSERT INTO responses VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    body["id"],
                    body["created_at"],
                    body["created_at"] + self.keep_seconds,
                    body["previous_response_id"],
                    body["status"],
                    body["background"],
                    streamed,
                    encode(body["metadata"]),
                    encode(request) if request else None,
                    encode(body),
                ),
            )
            add_items(database, body["id"], INPUT, items)
            if body["status"] not in RUNNING:
                add_items(database, body["id"], OUTPUT, body["output"])

        await self._do(act)

    async def update_response(self, body: dict[str, Any], *, event: tuple[int, bytes] | None = None) -> None:
        """Store a change of a response; a final status drops the request (it may hold secrets) and adds the output.

        `event` is the terminal event with its number, so that status and stream end in one commit.
        """
        final = body["status"] not in RUNNING

        def act(database: sqlite3.Connection) -> None:
            found = database.execute(
                "UPDATE responses SET status = ?, body = ?, request = CASE WHEN ? THEN NULL ELSE request END"
                " WHERE id = ?",
                (body["status"], encode(body), final, body["id"]),
            )
            if found.rowcount and event:
                database.execute("INSERT INTO events VALUES (?, ?, ?)", (body["id"], *event))
            if found.rowcount and final:
                add_items(database, body["id"], OUTPUT, body["output"])

        await self._do(act)

    async def log_events(self, response_id: str, events: list[tuple[int, bytes]]) -> None:
        """Keep numbered events of a background response. Those of a response deleted meanwhile are dropped."""
        await self._do(
            lambda database: database.executemany(
                "INSERT INTO events SELECT ?, ?, ? WHERE EXISTS (SELECT 1 FROM responses WHERE id = ?)",
                [(response_id, sequence, data, response_id) for sequence, data in events],
            )
        )

    async def find_response(self, response_id: str) -> dict[str, Any] | None:
        """The response as the API shows it, or None where it is unknown, deleted or expired."""
        row = await self._do(
            lambda database: database.execute(
                "SELECT body FROM responses WHERE id = ? AND expires_at > ?", (response_id, time.time())
            ).fetchone()
        )
        return msgspec.json.decode(row[0]) if row else None

    async def was_streamed(self, response_id: str) -> bool:
        """Whether the response was made with both `background` and `stream`: only such a stream can be resumed."""
        row = await self._do(
            lambda database: database.execute(
                "SELECT background AND streamed FROM responses WHERE id = ?", (response_id,)
            ).fetchone()
        )
        return bool(row and row[0])

    async def delete_response(self, response_id: str) -> bool:
        """Delete a response with its items and events; whether there was one."""

        def act(database: sqlite3.Connection) -> bool:
            self._forgot = True
            deleted = database.execute(
                "DELETE FROM responses WHERE id = ? AND expires_at > ?", (response_id, time.time())
            )
            return bool(deleted.rowcount)

        return await self._do(act)

    async def events(self, response_id: str) -> list[bytes]:
        """All kept events of a background response, in order."""
        rows = await self._do(
            lambda database: database.execute(
                "SELECT data FROM events WHERE response_id = ? ORDER BY sequence", (response_id,)
            ).fetchall()
        )
        return [row[0] for row in rows]

    async def history(self, response_id: str | None) -> list[dict[str, Any]]:
        """All items of a response and of its ancestors, oldest first. An ancestor that is gone ends the chain."""
        if response_id is None:
            return []
        rows = await self._do(lambda database: database.execute(CHAIN, (response_id,)).fetchall())
        return [msgspec.json.decode(row[0]) for row in rows]

    async def input_items(self, response_id: str, previous_id: str | None) -> list[dict[str, Any]]:
        """What a response was made from: the items of its ancestors and its own input, oldest first."""
        rows = await self._do(
            lambda database: database.execute(
                "SELECT data FROM items WHERE response_id = ? AND direction = ? ORDER BY position", (response_id, INPUT)
            ).fetchall()
        )
        return await self.history(previous_id) + [msgspec.json.decode(row[0]) for row in rows]

    async def find_item(self, item_id: str) -> dict[str, Any] | None:
        """A stored item by its id, for an `item_reference`."""
        row = await self._do(
            lambda database: database.execute("SELECT data FROM items WHERE id = ?", (item_id,)).fetchone()
        )
        return msgspec.json.decode(row[0]) if row else None

    async def interrupted(self) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """Background responses that a former process left running: pairs of response and request."""
        rows = await self._do(
            lambda database: database.execute(
                "SELECT body, request FROM responses WHERE status IN (?, ?) AND expires_at > ?",
                (*RUNNING, time.time()),
            ).fetchall()
        )
        return [(msgspec.json.decode(body), msgspec.json.decode(request)) for body, request in rows]

    async def sweep(self) -> list[str]:
        """Forget what has expired; the ids of the files whose content can go."""

        def act(database: sqlite3.Connection) -> list[str]:
            now = time.time()
            self._forgot = True
            database.execute("DELETE FROM responses WHERE expires_at <= ?", (now,))
            return [row[0] for row in database.execute("DELETE FROM files WHERE expires_at <= ? RETURNING id", (now,))]

        return await self._do(act)

    async def add_file(self, file: dict[str, Any]) -> None:
        """Keep a file object; its content lies beside the database."""
        await self._do(
            lambda database: database.execute(
                "INSERT INTO files VALUES (?, ?, ?, ?)",
                (file["id"], file["created_at"], file["expires_at"], encode(file)),
            )
        )

    async def files(self) -> list[dict[str, Any]]:
        """All file objects that have not expired, newest first."""
        return await self._do(lambda database: select_files(database, "TRUE", ()))

    async def find_file(self, file_id: str) -> dict[str, Any] | None:
        """A file object by its id, or None."""
        found = await self._do(lambda database: select_files(database, "id = ?", (file_id,)))
        return found[0] if found else None

    async def delete_file(self, file_id: str) -> None:
        """Forget a file object."""

        def act(database: sqlite3.Connection) -> None:
            self._forgot = True
            database.execute("DELETE FROM files WHERE id = ?", (file_id,))

        await self._do(act)


def select_files(database: sqlite3.Connection, condition: str, values: tuple[str, ...]) -> list[dict[str, Any]]:
    """File objects that have not expired and that meet a condition (one of ours, never a caller's), newest first."""
    rows = database.execute(
        f"SELECT data FROM files WHERE {condition} AND (expires_at IS NULL OR expires_at > ?)"  # noqa: S608
        " ORDER BY created_at DESC, rowid DESC",
        (*values, time.time()),
    )
    return [msgspec.json.decode(row[0]) for row in rows.fetchall()]


def settle(future: asyncio.Future[Any], result: Any, error: Exception | None) -> None:
    """Hand a job's outcome to its caller, who may have gone."""
    if future.cancelled():
        return
    if error:
        future.set_exception(error)
    else:
        future.set_result(result)


def add_items(database: sqlite3.Connection, response_id: str, direction: int, items: list[dict[str, Any]]) -> None:
    """Store items in their order."""
    database.executemany(
        "INSERT INTO items VALUES (?, ?, ?, ?, ?)",
        [(response_id, direction, position, item["id"], encode(item)) for position, item in enumerate(items)],
    )
