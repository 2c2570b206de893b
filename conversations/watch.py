"""Looks at the database for the sockets: has a right ended, is there a fact that nobody told of?

A right ends when its holder has signed out, was suspended or removed from the conversation, when that was deleted, or
when the team begins to ask for a second factor that the session has not shown. A few queries every few seconds for all
sockets of the process: whoever takes a right away, by whichever door, needs to tell nobody, and a fact that was lost on
its way is late and no more.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import deque
from dataclasses import dataclass
from typing import Any

import structlog
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from conversations import protocol, threads, unread
from conversations.hub import Viewer, hub
from conversations.models import Membership, User
from conversations.protocol import Close
from conversations.sessions import has_shown_factor, must_have_factor, with_factor

log = structlog.get_logger(__name__)

EVERY = 3.0
"""Seconds between two looks. A right that is taken away ends within five."""


@dataclass(frozen=True)
class Pass:
    user_id: int
    session_key: str | None
    session_hash: str
    conversation_id: str


class Watcher:
    """Looks after the sockets of this process."""

    def __init__(self) -> None:
        self.passes: dict[Viewer, Pass] = {}
        self._task: asyncio.Task[None] | None = None
        self._heard: deque[int] = deque(maxlen=2)
        """The newest fact at the last looks. A smaller id may be committed later, so the older look is asked from."""
        self._read: set[unread.News] = set()
        """What was told at the last look of conversations that people have read in."""
        self._notices: dict[int, tuple[int, int]] = {}

    def add(self, viewer: Viewer, user: User, session: SessionBase, conversation_id: str) -> None:
        """Look after a socket from now on."""
        self.passes[viewer] = Pass(user.pk, session.session_key, session.get(HASH_SESSION_KEY, ""), conversation_id)
        if self._task is None or self._task.done() or self._task.get_loop() is not asyncio.get_running_loop():
            self._task = asyncio.get_running_loop().create_task(self._watch())

    def remove(self, viewer: Viewer) -> bool:
        """Forget a socket; return whether it was known."""
        return self.passes.pop(viewer, None) is not None

    async def _watch(self) -> None:
        self._heard.clear()
        while self.passes:
            try:
                if not self._heard:
                    self._heard.append(await threads.sockets.run(unread.newest_fact))
                await asyncio.sleep(EVERY)
                passes = dict(self.passes)
                ended, positions = await threads.sockets.run(look, set(passes.values()))
                for viewer, held in passes.items():
                    if held in ended:
                        viewer.close(ended[held])
                await hub.catch_up(positions)
                await self._tell_news(passes)
                await self._tell_notices(passes)
            except Exception as error:  # a database that is away for a while
                log.warning("sockets_unwatched", error=type(error).__name__)
                await asyncio.sleep(EVERY / 3)

    async def _tell_news(self, passes: dict[Viewer, Pass]) -> None:
        """Tell each person how much is unread in conversations that they do not look at."""
        users = {held.user_id for held in passes.values()}
        newest, found = await threads.sockets.run(unread.news, users, since=self._heard[0], known=self._heard[-1])
        self._heard.append(newest)
        # Two looks back, for what is committed late and for clocks that differ
        read = await threads.sockets.run(unread.read_since, users, timezone.now() - 2 * dt.timedelta(seconds=EVERY))
        told, self._read = self._read, set(read)
        for one in {*found, *(self._read - told)}:
            frame = protocol.encode(protocol.Unread(one.conversation_id, one.count))
            for viewer, held in passes.items():
                if held.user_id == one.user_id and held.conversation_id != one.conversation_id:
                    viewer.put(frame)

    async def _tell_notices(self, passes: dict[Viewer, Pass]) -> None:
        """Tell each person when a notice has come, or was read in another window."""
        users = {held.user_id for held in passes.values()}
        found = await threads.sockets.run(unread.notices_of, users)
        before, self._notices = self._notices, {user: found.get(user, (0, 0)) for user in users}
        frame = protocol.encode(protocol.Notices())
        for viewer, held in passes.items():
            known = before.get(held.user_id)
            if known is not None and known != self._notices[held.user_id]:
                viewer.put(frame)


def look(passes: set[Pass]) -> tuple[dict[Pass, int], dict[str, int]]:
    """Return the passes whose right has ended, with the close code that says why, and the conversations' positions."""
    from django.contrib.sessions.models import Session

    users = {user.pk: user for user in User.objects.filter(pk__in={p.user_id for p in passes}, is_active=True)}
    alive = Session.objects.filter(
        pk__in={p.session_key for p in passes if p.session_key}, expire_date__gt=timezone.now()
    )
    must = {pk for pk, user in users.items() if must_have_factor(user)}
    have = with_factor(must) if must else set()
    if not must:
        alive = alive.only("pk")
    sessions: dict[str, Any] = {row.pk: row.get_decoded() if must else {} for row in alive}
    rows = Membership.objects.filter(
        user__in=users,
        conversation__in={p.conversation_id for p in passes},
        conversation__deleted_at=None,
    ).values_list("user_id", "conversation_id", "conversation__position")
    memberships = {(user, conversation): position for user, conversation, position in rows}
    ended: dict[Pass, int] = {}
    for held in passes:
        user: Any = users.get(held.user_id)
        if (
            user is None
            or held.session_key not in sessions
            or not constant_time_compare(held.session_hash, user.get_session_auth_hash())
            or (user.pk in must and not has_shown_factor(sessions[held.session_key], has_one=user.pk in have))
        ):
            ended[held] = Close.SIGNED_OUT
        elif (held.user_id, held.conversation_id) not in memberships:
            ended[held] = Close.REMOVED
    return ended, {conversation: position for (_, conversation), position in memberships.items()}


watcher = Watcher()
