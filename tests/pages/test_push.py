"""Telling a browser while no page is open: sealed for it alone, and sent to public addresses only."""

from __future__ import annotations

from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client

from conversations import access
from conversations.actions import notes
from conversations.egress.errors import EgressError
from conversations.models import Conversation, PushSubscription, User
from conversations.notices import delivery, push
from conversations.notices.push import Browser

# RFC 8291, Appendix A
BROWSER = {
    "endpoint": "https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV",
    "keys": {
        "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "auth": "BTBZMqHH6r4Tts7J_aSIgg",
    },
}
SEALED = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl"
    "7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def test_a_message_is_sealed_as_the_standard_shows() -> None:
    number = int.from_bytes(push._bytes("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"))
    sealed = push.seal(
        b"When I grow up, I want to be a watermelon",
        Browser(BROWSER["endpoint"], **BROWSER["keys"]),
        ours=ec.derive_private_key(number, ec.SECP256R1()),
        salt=push._bytes("DGv6ra1nlYgDCS1FRnbzlw"),
    )
    assert push._text(sealed) == SEALED


def test_a_browser_is_known_until_it_wants_no_more(as_bob: Client, bob: User) -> None:
    for _ in range(2):
        answer = as_bob.post("/notices/push/", BROWSER, content_type="application/json")
        assert answer.status_code == 200
    assert PushSubscription.objects.get().user == bob
    as_bob.post("/notices/push/remove/", {"endpoint": BROWSER["endpoint"]}, content_type="application/json")
    assert not PushSubscription.objects.exists()


def test_who_uses_the_browser_next_is_told_in_place_of_who_did(as_alice: Client, as_bob: Client, bob: User) -> None:
    for client in (as_alice, as_bob):
        client.post("/notices/push/", BROWSER, content_type="application/json")
    assert PushSubscription.objects.get().user == bob


@pytest.mark.parametrize(
    "changed",
    [
        {"endpoint": "http://push.example.net/x"},
        {"endpoint": "https://user:password@push.example.net/"},
        {"endpoint": "javascript:alert(1)"},
        {"endpoint": None},
        {"endpoint": "https://push.example.net/" + "x" * 3000},
        {"keys": None},
        {"keys": []},
        {"keys": {"p256dh": "AAAA", "auth": BROWSER["keys"]["auth"]}},
        {"keys": {"p256dh": BROWSER["keys"]["p256dh"], "auth": "AAAA"}},
        {"keys": {"p256dh": "é", "auth": "é"}},
    ],
    ids=str,
)
def test_what_no_browser_says_is_refused(as_bob: Client, changed: dict[str, Any]) -> None:
    answer = as_bob.post("/notices/push/", BROWSER | changed, content_type="application/json")
    assert answer.status_code == 400
    assert not PushSubscription.objects.exists()


@pytest.mark.parametrize("endpoint", ["https://127.0.0.1/", "https://169.254.169.254/latest", "https://localhost/"])
def test_nothing_is_sent_to_an_address_within(endpoint: str) -> None:
    with pytest.raises(EgressError):
        push.send(b"{}", Browser(endpoint, **BROWSER["keys"]))


def test_a_browser_that_cannot_be_reached_keeps_nobody_else_from_being_told(
    conversation: Conversation, alice: User, bob: User, as_bob: Client
) -> None:
    as_bob.post("/notices/push/", BROWSER | {"endpoint": "https://127.0.0.1/"}, content_type="application/json")
    notes.write(access.conversation_for(alice, conversation.pk), text="@Bob?")
    assert delivery.push_due() == 1
    assert delivery.push_due() == 0
    assert PushSubscription.objects.exists()


def test_the_signature_names_us_and_the_makers_of_the_browser() -> None:
    point = push._bytes(push.public_key())
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    claims = jwt.decode(push._signature(BROWSER["endpoint"]), key, ["ES256"], audience="https://push.example.net")
    assert claims["sub"].startswith("http")


def test_the_worker_is_served_above_all_pages(client: Client) -> None:
    answer = client.get("/push-worker.js")
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert b"push" in b"".join(answer.streaming_content)
