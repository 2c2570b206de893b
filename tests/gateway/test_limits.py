"""A key and a person may ask so much and no more; exactly so, in threads and in processes that share a Redis."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings

from conversations.actions import keys
from conversations.gateway import limits
from conversations.gateway.auth import Caller as Known
from conversations.gateway.counters import Bucket, Counters, InProcess, InRedis
from conversations.gateway.errors import ApiError
from conversations.gateway.streams import streams
from conversations.models import Key, User
from tests.gateway.conftest import Caller


@pytest.fixture(params=["in process", "in Redis"])
def counting(request: pytest.FixtureRequest) -> Counters:
    if request.param == "in process":
        return InProcess()
    if not settings.REDIS_URL:
        pytest.skip("needs Redis: make test-services runs it")
    return InRedis(settings.REDIS_URL, f"test-{os.urandom(6).hex()}:")


def test_from_rest_exactly_the_limit_passes(counting: Counters) -> None:
    left = [counting.take([Bucket("a", 5)]) for _ in range(7)]
    assert [taken.remaining for taken in left] == [4, 3, 2, 1, 0, 0, 0]
    assert [taken.wait > 0 for taken in left] == [False] * 5 + [True] * 2
    assert left[-1].wait == pytest.approx(12_000, abs=500)


def test_many_at_once_pass_no_more_than_the_limit(counting: Counters) -> None:
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: counting.take([Bucket("a", 30)]), range(80)))
    assert sum(not each.wait for each in taken) == 30


def test_a_request_that_is_refused_by_one_bucket_counts_in_none(counting: Counters) -> None:
    for _ in range(3):
        counting.take([Bucket("a", 2), Bucket("b", 10)])
    assert counting.take([Bucket("b", 10)]).remaining == 7


def test_places_are_given_back_and_a_place_of_the_dead_ends(counting: Counters) -> None:
    assert [counting.enter("a", token, 2) for token in ("1", "2", "3")] == [True, True, False]
    counting.renew([("a", "1")])
    counting.leave("a", "1")
    assert counting.enter("a", "3", 2)


@pytest.mark.skipif(not settings.REDIS_URL, reason="needs Redis: make test-services runs it")
def test_two_processes_count_together() -> None:
    prefix = f"test-{os.urandom(6).hex()}:"
    one, other = InRedis(settings.REDIS_URL, prefix), InRedis(settings.REDIS_URL, prefix)
    refused = [bool(counters.take([Bucket("a", 4)]).wait) for counters in (one, other) * 3]
    assert refused == [False] * 4 + [True] * 2


def test_without_redis_each_process_counts_for_itself() -> None:
    lonely = InRedis("redis://127.0.0.1:1", "test:")
    assert [bool(lonely.take([Bucket("a", 2)]).wait) for _ in range(3)] == [False, False, True]
    assert [lonely.enter("a", token, 1) for token in "xy"] == [True, False]
    lonely.leave("a", "x")
    assert lonely.enter("a", "y", 1)


@override_settings(SALON_GATEWAY_KEY_REQUESTS=3, SALON_GATEWAY_USER_REQUESTS=5)
def test_a_client_is_told_how_much_is_left_and_when_to_come_again(call_as: Callable[..., Caller], alice: User) -> None:
    one, other = call_as(alice), call_as(alice)
    told = [one.get("models") for _ in range(4)]
    assert [answer.status_code for answer in told] == [200, 200, 200, 429]
    assert [answer.headers["x-ratelimit-remaining-requests"] for answer in told] == ["2", "1", "0", "0"]
    assert told[0].headers["x-ratelimit-limit-requests"] == "3"
    assert told[0].headers["x-ratelimit-reset-requests"].endswith("s")
    refused = told[-1]
    assert refused.json()["error"]["code"] == "rate_limit_exceeded"
    assert 1 <= int(refused.headers["Retry-After"]) <= 20
    assert 0 < int(refused.headers["retry-after-ms"]) <= 20_000
    assert [other.get("models").status_code for _ in range(3)] == [200, 200, 429]


@override_settings(SALON_GATEWAY_KEY_REQUESTS=0, SALON_GATEWAY_USER_REQUESTS=0)
def test_without_limits_nothing_is_said_of_them(alice_calls: Caller) -> None:
    assert "x-ratelimit-limit-requests" not in alice_calls.get("models").headers


@override_settings(SALON_GATEWAY_KEY_REQUESTS=2)
def test_calls_without_a_key_count_for_nobody(alice_calls: Caller, client: Any) -> None:
    for _ in range(5):
        assert client.get("/openai/v1/models").status_code == 401
    assert alice_calls.get("models").status_code == 200


@pytest.fixture
def known(database_threads: None, alice: User) -> Known:
    return Known(alice, keys.issue(alice)[0])


@override_settings(SALON_GATEWAY_STREAMS=2)
async def test_a_key_has_so_many_streams_at_once(known: Known) -> None:
    async with streams.open(known, lambda: None):
        async with streams.open(known, lambda: None):
            with pytest.raises(ApiError) as refused:
                async with streams.open(known, lambda: None):
                    pass
            assert refused.value.status == 429
            assert refused.value.headers["retry-after-ms"]
        async with asyncio.timeout(2):
            while True:  # the place is given back in a moment
                try:
                    async with streams.open(known, lambda: None):
                        break
                except ApiError:
                    await asyncio.sleep(0.01)


ENDINGS: dict[str, Callable[[Key], Any]] = {
    "revoked": keys.revoke,
    "suspended": lambda key: User.objects.filter(pk=key.user_id).update(is_active=False),
}


@pytest.mark.parametrize("ending", ENDINGS)
async def test_what_a_key_has_opened_ends_with_it(known: Known, ending: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conversations.gateway.streams.EVERY", 0.1)
    other = Known(known.user, (await asyncio.to_thread(keys.issue, known.user))[0])
    ended, other_ended = asyncio.Event(), asyncio.Event()
    async with streams.open(known, ended.set), streams.open(other, other_ended.set):
        await asyncio.sleep(0.3)
        assert not ended.is_set()
        await asyncio.to_thread(ENDINGS[ending], known.key)
        async with asyncio.timeout(3):
            await ended.wait()
        assert other_ended.is_set() == (ending == "suspended")


def test_times_are_written_as_the_api_writes_them() -> None:
    assert [limits._span(each) for each in (0.2, 12, 999.5, 3500, 61_000, 120_000)] == [
        "1ms", "12ms", "1000ms", "3.5s", "1m1s", "2m0s",
    ]  # fmt: skip
