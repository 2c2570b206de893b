"""Every shape in which a provider says no, and what people are told."""

import traceback
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from conversations.upstream.classification import error_from_response
from conversations.upstream.client import Provider
from conversations.upstream.errors import (
    ContentFiltered,
    ProviderBusy,
    ProviderRefused,
    ProviderUnavailable,
    RequestRejected,
    ResponseNotFound,
    UpstreamError,
)

from .script import Script, answering

Serve = Callable[..., Awaitable[tuple[Provider, Script]]]
RESULTS = {
    "hate": {"filtered": False, "severity": "safe"},
    "violence": {"filtered": True, "severity": "high"},
    "jailbreak": {"filtered": True, "detected": True},
}


def envelope(message: str = "The secret words of Alice", **fields: Any) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None} | fields}


REFUSALS: dict[str, tuple[int, Any, type[UpstreamError], str]] = {
    "a wrong key": (401, envelope(code="invalid_api_key"), ProviderRefused, "credentials"),
    "Azure's wrong key": (401, {"statusCode": 401, "message": "Access denied"}, ProviderRefused, "credentials"),
    "Azure's code as a number": (401, envelope(code="401"), ProviderRefused, "credentials"),
    "an identity without a role": (401, envelope(code="PermissionDenied"), ProviderRefused, "role"),
    "no permission": (403, envelope(type="permission_error"), ProviderRefused, "permissions"),
    "an unknown model": (400, envelope(code="model_not_found", param="model"), ProviderRefused, "this model"),
    "an unknown model as 404": (404, envelope(code="model_not_found"), ProviderRefused, "this model"),
    "an unknown deployment": (404, envelope(code="DeploymentNotFound", type=None), ProviderRefused, "this model"),
    "a wrong path on Azure": (404, envelope("Resource not found", code="404"), ProviderRefused, "address"),
    "a wrong path elsewhere": (404, {"detail": "Not Found"}, ProviderRefused, "address"),
    "a web page": (404, b"<html>Not here</html>", ProviderRefused, "address"),
    "a method not allowed": (405, b"", ProviderRefused, "address"),
    "a redirect": (302, b"", ProviderRefused, "address"),
    "an unsupported API version": (400, envelope(code="unsupported_api_version"), ProviderRefused, "address"),
    "an unsupported parameter": (
        400,
        envelope(code="unsupported_parameter", param="temperature"),
        RequestRejected,
        "does not take “temperature”",
    ),
    "a bad value": (400, envelope(code="invalid_value", param="tools[0].type"), RequestRejected, "“tools[0].type”"),
    "too long a context": (400, envelope(code="context_length_exceeded", param="input"), RequestRejected, "more than"),
    "too large a body": (413, b"", RequestRejected, "more than"),
    "an unprocessable request": (422, {"detail": [{"loc": ["body", "x"], "msg": "no"}]}, RequestRejected, "accept"),
    "an unknown item": (404, envelope("Item with id 'rs_1' not found."), RequestRejected, "accept"),
    "an expired previous response": (
        400,
        envelope(code="previous_response_not_found", param="previous_response_id"),
        ResponseNotFound,
        "no longer",
    ),
    "an expired previous response as 404": (
        404,
        envelope("Previous response with id 'resp_1' not found.", param="previous_response_id"),
        ResponseNotFound,
        "no longer",
    ),
    "Azure's filter": (
        400,
        envelope(
            param="prompt",
            code="content_filter",
            content_filters=[{"blocked": True, "source_type": "prompt", "content_filter_results": RESULTS}],
        ),
        ContentFiltered,
        "violence, attempt to bypass the rules",
    ),
    "Azure's filter in its chat form": (
        400,
        envelope(
            param="prompt",
            code="content_filter",
            status=400,
            innererror={"code": "ResponsibleAIPolicyViolation", "content_filter_result": RESULTS},
        ),
        ContentFiltered,
        "violence, attempt to bypass the rules",
    ),
    "OpenAI's image filter": (400, envelope(code="moderation_blocked"), ContentFiltered, "Rephrase"),
    "a used-up quota": (429, envelope(code="insufficient_quota", type="insufficient_quota"), ProviderBusy, "quota"),
    "too many requests": (429, envelope(code="rate_limit_exceeded", type="tokens"), ProviderBusy, "Try again"),
    "too many requests without a word": (429, b"", ProviderBusy, "Try again"),
    "a server error": (500, envelope(type="server_error"), ProviderUnavailable, "fault"),
    "a bad gateway's page": (502, b"<html>Bad gateway</html>", ProviderUnavailable, "fault"),
    "an overloaded front": (503, b"", ProviderUnavailable, "fault"),
    "a list as body": (400, [1, 2], RequestRejected, "accept"),
    "an error that is a string": (400, {"error": "The secret words of Alice"}, RequestRejected, "accept"),
    "an error that is null": (500, {"error": None}, ProviderUnavailable, "fault"),
}


@pytest.mark.parametrize("name", REFUSALS)
async def test_each_refusal_becomes_one_exception_with_a_sentence(serve: Serve, name: str) -> None:
    status, body, kind, words = REFUSALS[name]
    headers = {"x-request-id": "req_7", "Location": "https://elsewhere.example/"}
    provider, _ = await serve(answering(body, status=status, headers=headers), max_retries=0)
    with pytest.raises(UpstreamError) as caught:
        async with provider.stream_response({"model": "m"}):
            pass
    error = caught.value
    assert type(error) is kind
    assert words in error.sentence
    assert error.sentence.endswith(".")
    assert (error.status, error.request_id) == (status, "req_7")


async def test_what_the_provider_quotes_is_kept_for_people_but_in_no_traceback(serve: Serve) -> None:
    provider, _ = await serve(answering(envelope(code="invalid_value", param="input"), status=400))
    with pytest.raises(RequestRejected) as caught:
        await provider.create_response({"model": "m"})
    assert caught.value.body["message"] == "The secret words of Alice"
    assert (caught.value.code, caught.value.param) == ("invalid_value", "input")
    assert "secret" not in "".join(traceback.format_exception(caught.value))


async def test_a_code_that_is_no_code_is_not_shown(serve: Serve) -> None:
    body = envelope(code="the secret words of Alice", param={"secret": 1})
    provider, _ = await serve(answering(body, status=400))
    with pytest.raises(RequestRejected) as caught:
        await provider.create_response({"model": "m"})
    assert (caught.value.code, caught.value.param) == (None, None)
    assert "secret" not in str(caught.value)


async def test_the_filters_that_were_hit_are_named(serve: Serve) -> None:
    status, body, _, _ = REFUSALS["Azure's filter"]
    provider, _ = await serve(answering(body, status=status))
    with pytest.raises(ContentFiltered) as caught:
        await provider.create_response({"model": "m"})
    assert caught.value.filters == ["violence", "jailbreak"]


async def test_azures_own_request_id_is_kept(serve: Serve) -> None:
    provider, _ = await serve(answering(envelope(), status=400, headers={"apim-request-id": "apim_1"}))
    with pytest.raises(RequestRejected) as caught:
        await provider.create_response({"model": "m"})
    assert caught.value.request_id == "apim_1"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("server_error", ProviderUnavailable),
        ("rate_limit_exceeded", ProviderBusy),
        ("insufficient_quota", ProviderBusy),
        ("invalid_prompt", ContentFiltered),
        ("image_content_policy_violation", ContentFiltered),
        ("invalid_image_url", RequestRejected),
        ("image_too_large", RequestRejected),
        ("vector_store_timeout", ProviderUnavailable),
        ("a_code_of_tomorrow", ProviderUnavailable),
    ],
)
def test_a_failed_response_has_a_sentence_too(code: str, kind: type[UpstreamError]) -> None:
    failed = {"id": "resp_1", "status": "failed", "error": {"code": code, "message": "The secret words of Alice"}}
    error = error_from_response(failed)
    assert type(error) is kind
    assert "secret" not in error.sentence


def test_a_failed_response_without_an_error_is_a_fault_of_the_provider() -> None:
    assert type(error_from_response({"id": "resp_1", "status": "failed", "error": None})) is ProviderUnavailable
