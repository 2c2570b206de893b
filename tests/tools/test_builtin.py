"""The tools that come along."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from django.utils import timezone

from conversations.models import Branch, Conversation, Item, Membership, Response, User
from conversations.tools import builtin
from conversations.tools.arithmetic import BadExpression, calculated
from conversations.tools.reading import readable
from conversations.tools.registry import ToolFailed
from conversations.tools.signatures import Caller


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("2 + 3 * 4", 14),
        ("(2 + 3) * sqrt(16) / 7", 20 / 7),
        ("2 ** 100", 2**100),
        ("2^10", 1024),
        ("-7 // 2", -4),
        ("7 % 3", 1),
        ("factorial(20)", 2432902008176640000),
        ("round(pi, 4)", 3.1416),
        ("max(1, 2, min(7, 5))", 5),
        ("gcd(12, 18)", 6),
    ],
)
def test_arithmetic_is_calculated(expression: str, value: float) -> None:
    assert calculated(expression) == value


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "1 +",
        "1 / 0",
        "sqrt(-1)",
        "(-1) ** 0.5",
        "9 ** 9 ** 9",
        "2 ** 100000",
        "factorial(100000)",
        "factorial(2.5)",
        "10 ** 4000 * 10 ** 4000",
        "1e308 * 10 ** 300 ** 2",
        "exp(1000)",
        "True + 1",
        "'a' * 1000000000",
        "[1] * 10",
        "().__class__.__bases__",
        "__import__('os').system('true')",
        "open('/etc/passwd')",
        "(lambda: 1)()",
        "[x for x in range(10)]",
        "a := 5",
        "max(*[1, 2])",
        "round(number=2)",
        "pi.real",
        "(" * 260 + "1" + ")" * 260,
        "1" + "+1" * 400,
        "-" * 600 + "1",
    ],
)
def test_whatever_else_is_refused_at_once(expression: str) -> None:
    with pytest.raises(BadExpression):
        calculated(expression)


def test_the_time_is_told_where_it_is_asked_for() -> None:
    told = builtin.current_time("Asia/Tokyo")
    assert told["time"].endswith("+09:00")
    assert abs(dt.datetime.fromisoformat(told["time"]) - dt.datetime.now(dt.UTC)) < dt.timedelta(seconds=5)
    for nowhere in ("Mars/Olympus", "../../etc/passwd", "", "x" * 1000, "\x00"):
        with pytest.raises(ToolFailed):
            builtin.current_time(nowhere)


def say(conversation: Conversation, author: User, text: str) -> None:
    branch = Branch.objects.create(conversation=conversation, created_by=author)
    response = Response.objects.create(
        conversation=conversation, branch=branch, created_by=author, status="completed", done_at=timezone.now()
    )
    payload = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
    Item.from_payload(payload, response=response, direction=Item.Direction.INPUT, index=0, author=author).save()


@pytest.mark.django_db
def test_a_search_finds_only_what_the_asker_may_see(
    conversation: Conversation, alice: User, bob: User, charlie: User
) -> None:
    say(conversation, alice, "The lamp costs a hundred and forty-nine euros, and the cord is green.")
    secret = Conversation.objects.create(title="Charlie alone", created_by=charlie)
    Membership.objects.create(conversation=secret, user=charlie, role="owner")
    say(secret, charlie, "The lamp is a secret.")

    def found(user: User, query: str) -> list[str]:
        hits = builtin.search_conversations(Caller(user_id=user.pk, conversation_id="conv_1"), query)
        return [hit["conversation"] for hit in hits]

    assert found(alice, "lamp") == found(bob, "lamp green") == ["A lamp for the window"]
    assert found(charlie, "lamp") == ["Charlie alone"]
    assert found(alice, "secret") == []
    hit = builtin.search_conversations(Caller(user_id=bob.pk, conversation_id="conv_1"), "cord")[0]
    assert (hit["who"], "cord is green" in hit["excerpt"]) == ("Alice", True)
    Membership.objects.filter(user=bob).delete()
    assert found(bob, "lamp") == []
    with pytest.raises(ToolFailed):
        found(alice, "  ")


PAGE = """<!doctype html><html><head><title>Lamps &amp; light</title><style>p{}</style><script>steal()</script></head>
<body><nav><a href="/">Home</a></nav><h1>Reading  lamps</h1>
<p>A <b>good</b> lamp, see <a href="/fenn?a=1">the Fenn</a> or <a href="javascript:alert(1)">this</a>.</p>
<ul><li>One</li><li>Two <p>and</p></li></ul><table><tr><th>Name<td>Lux<tr><td>Fenn<td>506</table>
<pre>a
  b</pre><svg><script>x</script></svg><noscript><img src=x></noscript><p>Unclosed <a href="https://a.example/">link"""


def test_a_page_is_read_as_text_with_its_links() -> None:
    title, text = readable(PAGE, "https://lamps.example/shop/")
    assert title == "Lamps & light"
    assert text.startswith("# Reading lamps")
    assert "see [the Fenn](https://lamps.example/fenn?a=1) or this" in text
    assert "- One\n- Two" in text
    assert "506" in text
    assert "a\n  b" in text
    assert "[link](https://a.example/)" in text
    for left_out in ("steal", "Home", "javascript", "<", "img"):
        assert left_out not in text


@pytest.mark.parametrize(
    "html",
    [
        "<a>" * 50_000,
        "<a href='x'>" * 20_000 + "x",
        "<" * 100_000,
        "<!--" * 50_000,
        "<p " + "a=" * 100_000,
        "&" * 100_000,
    ],
    ids=["nested", "links", "angles", "comments", "attributes", "entities"],
)
def test_a_page_that_is_made_to_be_slow_is_not(html: str) -> None:
    began = time.monotonic()
    readable(html, "https://lamps.example/")
    assert time.monotonic() - began < 3


@pytest.fixture
async def site(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """A server on an allowed address."""
    monkeypatch.setenv("SALON_EGRESS_ALLOW", "127.0.0.2/32")

    async def answer(request: web.Request) -> web.Response:
        if request.path == "/picture":
            return web.Response(body=b"GIF89a", content_type="image/gif")
        if request.path == "/gone":
            return web.Response(status=404)
        if request.path == "/inside":
            return web.Response(status=302, headers={"Location": "http://127.0.0.1/"})
        if request.path == "/long":
            return web.Response(text="<p>" + "word " * 50_000, content_type="text/html")
        return web.Response(text=PAGE, content_type="text/html")

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.2", 0).start()
    yield f"http://127.0.0.2:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_a_page_is_fetched_through_the_guarded_client(site: str) -> None:
    assert "Reading lamps" in await builtin.fetch_page(f"{site}/")
    assert (await builtin.fetch_page(f"{site}/long")).endswith("(The page is longer; this is its beginning.)")
    for path, reason in (("picture", "image/gif"), ("gone", "status 404"), ("inside", "not a public address")):
        with pytest.raises(ToolFailed, match=reason):
            await builtin.fetch_page(f"{site}/{path}")
    addresses: Any = ("http://127.0.0.1/", "http://169.254.169.254/latest/meta-data/", "file:///etc/passwd", "lamp")
    for address in addresses:
        with pytest.raises(ToolFailed):
            await builtin.fetch_page(address)
