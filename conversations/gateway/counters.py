"""What the limits count with: in Redis where there is one, so that all processes count together, else in this process.

Requests are counted by the generic cell rate algorithm: each request moves a bucket's *arrival time* on by its share of
a minute, and one that would move it further than a minute ahead is refused. From rest exactly the limit passes at once,
then one for each share. One number a bucket, and nothing that begins anew with each minute.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

import redis
import structlog
from django.conf import settings

log = structlog.get_logger(__name__)

MINUTE = 60_000.0
"""Milliseconds, as all times here."""
LEASE = 15_000
"""A slot that is not renewed for so long was held by a process that has died."""
MOST_BUCKETS = 10_000
"""Of this process; when there are more, those at rest are dropped."""


@dataclass(frozen=True)
class Bucket:
    name: str
    limit: int
    """Requests in a minute."""


@dataclass(frozen=True)
class Taken:
    """What is left of the tightest bucket after a request; `wait` is more than 0 where it was refused."""

    limit: int
    remaining: int
    reset: float
    wait: float


class Counters(Protocol):
    def take(self, buckets: Sequence[Bucket]) -> Taken:
        """Count a request in all buckets, or in none of them where one is full."""

    def enter(self, name: str, token: str, most: int) -> bool:
        """Take a slot; return False where all of them are taken."""

    def renew(self, slots: Sequence[tuple[str, str]]) -> None:
        """Hold slots (name and token) for a while longer."""

    def leave(self, name: str, token: str) -> None:
        """Give a slot back."""


class InProcess:
    """For one process: numbers behind a lock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._arrivals: dict[str, float] = {}
        self._slots: defaultdict[str, set[str]] = defaultdict(set)

    def take(self, buckets: Sequence[Bucket]) -> Taken:
        now = time.monotonic() * 1000
        with self._lock:
            arrivals = [max(self._arrivals.get(bucket.name, 0), now) + MINUTE / bucket.limit for bucket in buckets]
            taken = _taken(buckets, [arrival - now for arrival in arrivals])
            if not taken.wait:
                self._arrivals |= zip((bucket.name for bucket in buckets), arrivals, strict=True)
            if len(self._arrivals) > MOST_BUCKETS:
                self._arrivals = {name: arrival for name, arrival in self._arrivals.items() if arrival > now}
        return taken

    def enter(self, name: str, token: str, most: int) -> bool:
        with self._lock:
            if len(self._slots[name]) >= most:
                return False
            self._slots[name].add(token)
            return True

    def renew(self, slots: Sequence[tuple[str, str]]) -> None:
        pass  # they end with the process

    def leave(self, name: str, token: str) -> None:
        with self._lock:
            self._slots[name].discard(token)
            if not self._slots[name]:
                del self._slots[name]


TAKE = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + clock[2] / 1000
local ahead, refused = {}, false
for i, key in ipairs(KEYS) do
  local arrival = math.max(tonumber(redis.call('GET', key) or '0'), now) + 60000 / ARGV[i]
  ahead[i] = arrival - now
  refused = refused or ahead[i] > 60000.005
end
local answer = {}
for i, key in ipairs(KEYS) do
  if not refused then
    redis.call('SET', key, string.format('%.3f', now + ahead[i]), 'PX', math.ceil(ahead[i]) + 1)
  end
  answer[i] = string.format('%.3f', ahead[i])
end
return answer
"""
ENTER = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
"""
RENEW = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
redis.call('ZADD', KEYS[1], 'XX', now + ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
"""


class InRedis:
    """For all processes that share a Redis, by its clock. While it is away each process counts for itself."""

    def __init__(self, address: str, prefix: str) -> None:
        self._redis: Any = redis.Redis.from_url(address, socket_timeout=1, socket_connect_timeout=1)
        self._prefix = prefix
        self._take = self._redis.register_script(TAKE)
        self._enter = self._redis.register_script(ENTER)
        self._renew = self._redis.register_script(RENEW)
        self._alone = InProcess()

    def take(self, buckets: Sequence[Bucket]) -> Taken:
        try:
            limits = [bucket.limit for bucket in buckets]
            ahead = self._take(keys=[self._prefix + bucket.name for bucket in buckets], args=limits)
        except redis.RedisError as error:
            _warn(error)
            return self._alone.take(buckets)
        return _taken(buckets, [float(each) for each in ahead])

    def enter(self, name: str, token: str, most: int) -> bool:
        try:
            return bool(self._enter(keys=[self._prefix + name], args=[token, most, LEASE]))
        except redis.RedisError as error:
            _warn(error)
            return self._alone.enter(name, token, most)

    def renew(self, slots: Sequence[tuple[str, str]]) -> None:
        try:
            for name, token in slots:
                self._renew(keys=[self._prefix + name], args=[token, LEASE])
        except redis.RedisError as error:
            _warn(error)

    def leave(self, name: str, token: str) -> None:
        self._alone.leave(name, token)
        try:
            self._redis.zrem(self._prefix + name, token)
        except redis.RedisError as error:
            _warn(error)


@cache
def counters() -> Counters:
    """Return what this process counts with."""
    if not settings.REDIS_URL:
        return InProcess()
    return InRedis(settings.REDIS_URL, f"{settings.CACHES['default'].get('KEY_PREFIX', '')}:gateway:")


def _taken(buckets: Sequence[Bucket], ahead: Sequence[float]) -> Taken:
    """Return what the arrival times say, in milliseconds from now, of the bucket that has least left."""
    wait = max(0.0, *(each - MINUTE for each in ahead))
    left = [
        max(0, int((MINUTE - each) * bucket.limit / MINUTE + 1e-6)) for bucket, each in zip(buckets, ahead, strict=True)
    ]
    tightest = left.index(min(left))
    refused = wait > 0.01
    return Taken(buckets[tightest].limit, left[tightest], ahead[tightest], wait if refused else 0.0)


def _warn(error: Exception) -> None:
    log.warning("limits_counted_alone", error=type(error).__name__)
