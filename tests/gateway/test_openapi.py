"""The description names every call, and no other."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.test import Client, override_settings
from django.urls import URLPattern, get_resolver

from conversations.gateway.calls import ROUTES, Calls
from conversations.gateway.openapi import description


def calls() -> Iterator[tuple[str, str, str]]:
    """Every call of the gateway: path, method, scope."""
    for resolver in get_resolver(ROUTES).url_patterns:
        if str(resolver.pattern) != "v1/":
            continue
        for entry in resolver.url_patterns:
            assert isinstance(entry, URLPattern)
            assert isinstance(entry.callback, Calls)
            for method, view in entry.callback.views.items():
                path = re.sub(r"<\w+:(\w+)>", r"{\1}", str(entry.pattern))
                yield f"/{path}", method.lower(), view.scope


def test_every_call_is_described_with_its_scope_and_nothing_else_is() -> None:
    described = {
        (path, method, (re.search(r"scope `(\w+)`", call.get("description", "")) or ["", ""])[1])
        for path, methods in description("/")["paths"].items()
        for method, call in methods.items()
    }
    assert described == set(calls())


def test_both_forms_of_the_address_have_the_same_calls() -> None:
    forms = get_resolver(ROUTES).url_patterns
    named = [[str(entry.pattern) for entry in form.url_patterns] for form in forms]
    assert len(named) == 2
    assert named[0] == named[1]


def test_every_path_names_its_ids() -> None:
    for path, methods in description("/")["paths"].items():
        for call in methods.values():
            given = {parameter["name"] for parameter in call.get("parameters", []) if parameter["in"] == "path"}
            assert given == set(re.findall(r"{(\w+)}", path))


@override_settings(SALON_MODELS=["one", "two"], ALLOWED_HOSTS=["salon.example"])
def test_it_is_there_for_everybody_with_the_models_and_the_address_of_this_server() -> None:
    document = Client().get("/openai/v1/openapi.json", headers={"host": "salon.example"}).json()
    assert document["servers"] == [{"url": "http://salon.example/openai/v1"}]
    assert document["components"]["schemas"]["CreateResponse"]["properties"]["model"]["enum"] == ["one", "two"]
