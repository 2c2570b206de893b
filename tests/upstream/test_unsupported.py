"""What providers say that a model does not take, in their own words."""

import json
from typing import Any

import pytest

from conversations.upstream.classification import error_from_body
from conversations.upstream.unsupported import history_refused, unsupported_parameter, without

BODY: dict[str, Any] = {
    "model": "m",
    "input": [{"role": "user", "content": "Hello"}],
    "temperature": 0.5,
    "reasoning": {"effort": "minimal", "summary": "auto"},
    "text": {"verbosity": "low", "format": {"type": "text"}},
    "include": ["reasoning.encrypted_content"],
    "tools": [{"type": "web_search"}, {"type": "function", "name": "now"}],
    "service_tier": "flex",
    "metadata": {"a": "b"},
}


def said(message: str, *, param: str | None = None, code: str | None = None, status: int = 400) -> Any:
    """The exception for an error of the API."""
    body = {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}}
    return error_from_body(json.dumps(body).encode(), status=status, headers={})


@pytest.mark.parametrize(
    ("message", "param", "code", "found"),
    [
        ("Unsupported parameter: 'temperature' is not supported with this model.", "temperature", None, "temperature"),
        (
            "Unsupported value: 'minimal' is not supported with the 'm' model. Supported values are: 'low'.",
            "reasoning.effort",
            "unsupported_value",
            "reasoning.effort=minimal",
        ),
        (
            "Your organization must be verified to generate reasoning summaries.",
            "reasoning.summary",
            "unsupported_value",
            "reasoning.summary=auto",
        ),
        ("Unknown parameter: 'text.verbosity'.", "text.verbosity", "unknown_parameter", "text.verbosity"),
        ("Encrypted content is not supported with this model.", "include", None, "include=reasoning.encrypted_content"),
        ("Unrecognized request argument supplied: metadata", None, None, "metadata"),
        ("Hosted tool 'web_search' is not supported with m.", "tools", None, "tools=web_search"),
        ("Invalid service_tier: flex is not supported.", "service_tier", "unsupported_value", "service_tier=flex"),
        ("Unsupported parameter: 'top_p' is not supported with this model.", "top_p", None, None),
        ("Unsupported parameter: 'input' is not supported.", "input", "unsupported_parameter", None),
        ("'text.format' is not supported with this model.", "text.format", "unsupported_parameter", None),
        ("Invalid schema for function 'now'.", "tools[1].parameters", "invalid_function_parameters", None),
        ("The function 'now' is not supported.", "tools", None, None),
        ("Too long.", "input", "context_length_exceeded", None),
    ],
)  # fmt: skip
def test_the_parameter_is_understood(message: str, param: str | None, code: str | None, found: str | None) -> None:
    assert unsupported_parameter(said(message, param=param, code=code), BODY) == found


def test_what_is_no_bad_request_is_about_something_else() -> None:
    error = said("'temperature' is not supported.", param="temperature", status=429)
    assert unsupported_parameter(error, BODY) is None


def test_a_tool_that_must_be_used_is_not_left_out() -> None:
    error = said("Hosted tool 'web_search' is not supported with m.", param="tools")
    assert unsupported_parameter(error, {**BODY, "tool_choice": "required"}) is None


@pytest.mark.parametrize(
    ("parameter", "left"),
    [
        ("temperature", {"temperature": None}),
        ("reasoning.effort=minimal", {"reasoning": {"summary": "auto"}}),
        ("reasoning.effort=low", {}),
        ("reasoning", {"reasoning": None}),
        ("text.verbosity", {"text": {"format": {"type": "text"}}}),
        ("include=reasoning.encrypted_content", {"include": None}),
        ("tools=web_search", {"tools": [{"type": "function", "name": "now"}]}),
        ("top_p", {}),
    ],
)
def test_a_request_without_it_keeps_the_rest(parameter: str, left: dict[str, Any]) -> None:
    expected = {name: value for name, value in {**BODY, **left}.items() if value is not None}
    assert without(BODY, parameter) == expected


def test_the_last_of_several_options_takes_its_place_along() -> None:
    assert without({"reasoning": {"effort": "low"}}, "reasoning.effort=low") == {}
    assert without({"text": "odd"}, "text.verbosity") == {"text": "odd"}


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("No tool output found for function call call_1.", None),
        ("Item 'rs_1' of type 'reasoning' was provided without its required following item.", None),
        ("The encrypted content gAAA could not be verified.", "invalid_encrypted_content"),
        ("Item with id 'rs_1' not found. Items are not persisted when `store` is set to false.", None),
    ],
)
def test_a_history_that_was_told_wrongly_is_recognised(message: str, code: str | None) -> None:
    assert history_refused(said(message, param="input", code=code))
    assert not history_refused(said("Invalid schema", param="text.format"))


DRAWING = {"model": "m", "tools": [{"type": "image_generation", "size": "1024x1024", "partial_images": 2}]}


@pytest.mark.parametrize(
    ("message", "param", "found"),
    [
        ("Unknown parameter: 'tools[0].partial_images'.", "tools[0].partial_images", "image_generation.partial_images"),
        ("partial_images is not supported with this deployment.", None, "image_generation.partial_images"),
        ("Unsupported parameter: 'moderation'.", "tools[0].moderation", None),
        ("Unsupported value for 'size'.", "tools[0].size", None),
    ],
)
def test_an_option_of_the_image_tool_is_left_out_if_the_picture_stays_what_was_asked_for(
    message: str, param: str | None, found: str | None
) -> None:
    chosen = DRAWING | {"tool_choice": {"type": "image_generation"}}
    assert unsupported_parameter(said(message, param=param), chosen) == found
    if found:
        assert without(DRAWING, found)["tools"] == [{"type": "image_generation", "size": "1024x1024"}]
        assert without({"model": "m"}, found) == {"model": "m"}
