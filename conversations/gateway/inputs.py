"""The body of `POST responses`, read and checked as far as it is ours: what it says, and to what it belongs.

Parameters that are not known here pass through, and so do values: the model's provider knows best what it takes. Types
are checked, so that an error names the parameter before anything is stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings

from conversations.gateway.errors import ApiError, invalid, missing, wrong_type

NAMES: dict[type, str] = {
    str: "a string",
    list: "an array",
    dict: "an object",
    bool: "a boolean",
    int: "an integer",
    float: "a number",
}
PARAMETERS: dict[str, tuple[type, ...]] = {
    "model": (str,),
    "input": (str, list),
    "background": (bool,),
    "background_options": (dict,),
    "context_management": (list,),
    "conversation": (str, dict),
    "frequency_penalty": (int, float),
    "include": (list,),
    "instructions": (str, list),
    "max_output_tokens": (int,),
    "max_tool_calls": (int,),
    "metadata": (dict,),
    "moderation": (dict,),
    "parallel_tool_calls": (bool,),
    "presence_penalty": (int, float),
    "previous_response_id": (str,),
    "prompt": (dict,),
    "prompt_cache_key": (str,),
    "reasoning": (dict,),
    "safety_identifier": (str,),
    "service_tier": (str,),
    "store": (bool,),
    "stream": (bool,),
    "stream_options": (dict,),
    "temperature": (int, float),
    "text": (dict,),
    "tool_choice": (str, dict),
    "tools": (list,),
    "top_logprobs": (int,),
    "top_p": (int, float),
    "truncation": (str,),
    "user": (str,),
}
OURS = frozenset({"model", "input", "stream", "previous_response_id", "conversation"})
"""What is no option of a turn: it says where the turn belongs and how it is answered."""
CONTINUED = frozenset({"previous_response_id", "conversation", "prompt"})
"""What may stand without an input."""
MOST_ITEMS = 5_000


@dataclass(frozen=True)
class Asked:
    """What a client asks for."""

    items: list[dict[str, Any]]
    model: str
    options: dict[str, Any]
    """All that goes to the provider as it is. `background` is always among it, `store` only where it is false."""
    stream: bool
    previous_id: str | None
    conversation_id: str | None

    @property
    def background(self) -> bool:
        return bool(self.options["background"])

    @property
    def store(self) -> bool:
        return "store" not in self.options


def read(body: dict[str, Any]) -> Asked:
    """Return what the body asks for; raise `ApiError` (400) that names what is wrong."""
    body = read_partial(body)
    options = {name: value for name, value in body.items() if name not in OURS}
    options["background"] = body.get("background", False)
    if options.pop("store", True) is False:
        options["store"] = False  # that it may be stored is for the conversation and the administrator to say
        if options["background"]:
            raise invalid("Background mode requires 'store' to be true.", param="background")
    if not body["input"] and not CONTINUED & body.keys():
        raise missing("input")
    return Asked(
        items=body["input"],
        model=body["model"],
        options=options,
        stream=body.get("stream", False),
        previous_id=body.get("previous_response_id"),
        conversation_id=body.get("conversation"),
    )


def read_partial(body: dict[str, Any]) -> dict[str, Any]:
    """Return the checked body of a call that takes an input: without nulls, the input as items, a conversation as id.

    Raise `ApiError` (400).
    """
    body = {name: value for name, value in body.items() if value is not None}
    check_types(body)
    if "model" not in body:
        raise missing("model")
    check_model(body["model"])
    if "conversation" in body:
        body["conversation"] = _conversation(body["conversation"])
        if "previous_response_id" in body:
            message = "Mutually exclusive parameters: 'previous_response_id' and 'conversation'. Ensure you are only "
            message += "providing one of them."
            raise invalid(message, param="previous_response_id", code="mutually_exclusive_parameters")
    body["input"] = read_items(body.get("input", []))
    return body


def check_types(body: dict[str, Any]) -> None:
    """Raise `ApiError` for a known parameter of another type than it has."""
    for name, value in body.items():
        types = PARAMETERS.get(name)
        if types is not None and (not isinstance(value, types) or (isinstance(value, bool) and bool not in types)):
            expected = " or ".join(NAMES[kind] for kind in types if kind is not int or float not in types)
            raise wrong_type(name, expected, value)
    _check_members("metadata", list(body.get("metadata", {}).values()), str)
    _check_members("include", body.get("include", []), str)
    _check_members("tools", body.get("tools", []), dict)
    for position, tool in enumerate(body.get("tools", [])):
        if not isinstance(tool.get("type"), str):
            raise _missing_or_wrong(f"tools[{position}].type", tool.get("type"))


def check_model(model: str) -> None:
    """Raise `ApiError` for a model that is not offered here."""
    if model not in settings.SALON_MODELS:
        message = f"The requested model '{model[:100]}' does not exist."
        raise invalid(message, param="model", code="model_not_found")


def read_items(given: str | list[Any], *, name: str = "input", most: int = MOST_ITEMS) -> list[dict[str, Any]]:
    """Return input items in the API's full form; raise `ApiError`. `name` is that of the parameter."""
    if isinstance(given, str):
        return [_message("user", given)] if given else []
    if len(given) > most:
        message = f"Invalid '{name}': array too long. Expected an array with maximum length {most}, but got an "
        raise invalid(f"{message}array with length {len(given)} instead.", param=name, code="array_above_max_length")
    items = []
    for position, item in enumerate(given):
        where = f"{name}[{position}]"
        if not isinstance(item, dict):
            raise wrong_type(where, "an object", item)
        items.append(_read_item(item, where))
    return items


def _read_item(item: dict[str, Any], where: str) -> dict[str, Any]:
    kind = item.get("type", "message" if "role" in item else "item_reference" if "id" in item else None)
    if not isinstance(kind, str) or not kind:
        raise _missing_or_wrong(f"{where}.type", kind)
    for name in ("id", "call_id", "status"):
        if item.get(name) is not None and not isinstance(item[name], str):
            raise wrong_type(f"{where}.{name}", "a string", item[name])
    _check_references(item, where)
    if kind != "message":
        return item if "type" in item else {"type": kind, **item}
    role, content = item.get("role"), item.get("content")
    if not isinstance(role, str):
        raise _missing_or_wrong(f"{where}.role", role)
    if isinstance(content, str):
        return {**item, **_message(role, content)}
    if not isinstance(content, list):
        raise _missing_or_wrong(f"{where}.content", content, "a string or an array")
    _check_members(f"{where}.content", content, dict)
    for position, part in enumerate(content):
        if not isinstance(part.get("type"), str):
            raise _missing_or_wrong(f"{where}.content[{position}].type", part.get("type"))
    return {"type": "message", **item}


def _message(role: str, text: str) -> dict[str, Any]:
    kind = "output_text" if role == "assistant" else "input_text"
    part: dict[str, Any] = {"type": kind, "text": text} | ({"annotations": []} if role == "assistant" else {})
    return {"type": "message", "role": role, "content": [part]}


def _check_references(value: Any, where: str) -> None:
    """Raise `ApiError` where a client writes what stands for stored bytes here: it could name somebody else's."""
    if isinstance(value, dict):
        if "$file" in value:
            raise invalid(f"Unknown parameter: '{where}.$file'.", param=f"{where}.$file", code="unknown_parameter")
        for name, inner in value.items():
            if isinstance(inner, dict | list):
                _check_references(inner, f"{where}.{name}")
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            if isinstance(inner, dict | list):
                _check_references(inner, f"{where}[{position}]")


def _check_members(name: str, values: list[Any], kind: type) -> None:
    for position, value in enumerate(values):
        if not isinstance(value, kind):
            raise wrong_type(f"{name}[{position}]" if name != "metadata" else name, NAMES[kind], value)


def _missing_or_wrong(param: str, value: Any, expected: str = "a string") -> ApiError:
    return missing(param) if value is None else wrong_type(param, expected, value)


def _conversation(given: str | dict[str, Any]) -> str:
    """Return the id of a conversation, which is given alone or in an object."""
    conversation_id = given.get("id") if isinstance(given, dict) else given
    if not isinstance(conversation_id, str):
        raise _missing_or_wrong("conversation.id", conversation_id)
    return conversation_id
