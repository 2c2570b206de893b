"""The parameters of a conversation and of a message: read, checked against the model, put into the API's form.

At the door they are named by their paths (`reasoning.effort`), one value each, so that a change of one leaves what
else stands beside it; `options` of rows have the API's own form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conversations import schemas
from conversations.errors import Refused
from conversations.models import AnswerSchema
from conversations.models.fields import plain
from conversations.upstream.catalog import CHOICES, Capabilities

NAMES = {
    "temperature": gettext_lazy("Temperature"),
    "top_p": gettext_lazy("Top p"),
    "max_output_tokens": gettext_lazy("Most output tokens"),
    "truncation": gettext_lazy("Truncation"),
    "reasoning.effort": gettext_lazy("Reasoning effort"),
    "reasoning.summary": gettext_lazy("Reasoning summary"),
    "text.verbosity": gettext_lazy("Verbosity"),
    "text.format": gettext_lazy("Form of the answer"),
    "tool_choice": gettext_lazy("Tool choice"),
    "parallel_tool_calls": gettext_lazy("Parallel tool calls"),
    "max_tool_calls": gettext_lazy("Most tool calls"),
    "metadata": gettext_lazy("Metadata"),
    "service_tier": gettext_lazy("Service tier"),
}
"""What people can set, and what it is called."""
OF_ONE_MESSAGE = frozenset(
    {"text.format", "reasoning.effort", "reasoning.summary", "text.verbosity", "max_output_tokens"}
)
"""What can be set for one message alone."""
MOST_PAIRS, LONGEST_KEY, LONGEST_VALUE = 16, 64, 512
LEAST_OUTPUT, MOST_OUTPUT = 16, 10_000_000
MOST_CALLS = 1_000


def read(given: object, known: Capabilities, *, only: frozenset[str] | None = None) -> dict[str, Any]:
    """Return the changes that a door was sent, checked: value by path, None for what is to be unset.

    Raise `Refused` with a sentence that names the field. `only` are the paths that may be set here.
    """
    if not isinstance(given, dict):
        raise Refused(_("options must be an object."), code="options")
    changes: dict[str, Any] = {}
    for path, value in given.items():
        if path not in (NAMES if only is None else only):
            raise Refused(
                _("“%(name)s” cannot be set here.") % {"name": str(path)[:60]}, code=f"options.{str(path)[:60]}"
            )
        if value is None or value == "":
            changes[path] = None
            continue
        if not known.takes(path):
            raise _refused(path, _("%(model)s does not take it. Choose another model, or leave it out."), known)
        changes[path] = CHECKS[path](path, value, known)
    return changes


def changed(options: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return options, in the API's form, with the changes made; what they do not name stays."""
    result = dict(options)
    for path, value in changes.items():
        name, _dot, inner = path.partition(".")
        if inner:
            held = result.get(name)
            value = changed(held if isinstance(held, dict) else {}, {inner: value}) or None
        if value is None:
            result.pop(name, None)
        else:
            result[name] = value
    return result


def offered(known: Capabilities) -> dict[str, list[str] | int | None]:
    """Return what a page may offer of a model: the paths that it takes, each with its values or its highest number."""
    limits: dict[str, list[str] | int | None] = {"max_output_tokens": known.max_output_tokens}
    return {
        path: list(known.values(path)) if path in CHOICES else limits.get(path) for path in NAMES if known.takes(path)
    }


def merged(options: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return the conversation's options under a turn's own: inside `reasoning` and `text` each value by itself."""
    result = {**options, **own}
    for name in ("reasoning", "text"):
        below, above = options.get(name), own.get(name)
        if isinstance(below, dict) and isinstance(above, dict):
            result[name] = {**below, **above}
    return result


def fitting(options: Mapping[str, Any], known: Capabilities) -> tuple[dict[str, Any], list[str]]:
    """Return the options without what the model does not take, and the paths of what was left out."""
    left_out = [
        path
        for path in NAMES
        if (value := _value(options, path)) is not None
        and not known.takes(path, value if path in CHOICES and isinstance(value, str) else None)
    ]
    tokens = _value(options, "max_output_tokens")
    if isinstance(tokens, int) and known.max_output_tokens and tokens > known.max_output_tokens:
        left_out.append("max_output_tokens")
    return changed(options, dict.fromkeys(left_out)), left_out


def left_out_sentence(left_out: list[str], known: Capabilities) -> str:
    """Say what a model does not take of the options, "" where it takes all."""
    if not left_out:
        return ""
    names = ", ".join(str(NAMES[path]) for path in dict.fromkeys(left_out))
    return _("%(model)s does not take: %(names)s.") % {"model": known.label, "names": names}


def _value(options: Mapping[str, Any], path: str) -> Any:
    name, _dot, inner = path.partition(".")
    value = options.get(name)
    return (value.get(inner) if isinstance(value, dict) else None) if inner else value


def _refused(path: str, sentence: str, known: Capabilities, **words: object) -> Refused:
    told = sentence % {"model": known.label, **words}
    return Refused(f"{NAMES[path]}: {told}", code=f"options.{path}")


def _between(low: float, high: float) -> Callable[[str, Any, Capabilities], float]:
    def check(path: str, value: Any, known: Capabilities) -> float:
        number = value if isinstance(value, int | float) and not isinstance(value, bool) else None
        if number is None or not low <= number <= high:
            raise _refused(path, _("a number from %(low)g to %(high)g."), known, low=low, high=high)
        return number

    return check


def _whole(low: int, high: int) -> Callable[[str, Any, Capabilities], int]:
    def check(path: str, value: Any, known: Capabilities) -> int:
        most = min(high, known.max_output_tokens or high) if path == "max_output_tokens" else high
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= most:
            raise _refused(path, _("a whole number from %(low)s to %(high)s."), known, low=low, high=f"{most:,}")
        return value

    return check


def _one_of(*values: str) -> Callable[[str, Any, Capabilities], str]:
    def check(path: str, value: Any, known: Capabilities) -> str:
        allowed = values or known.values(path)
        if not isinstance(value, str) or value not in allowed:
            raise _refused(path, _("one of %(values)s."), known, values=", ".join(allowed))
        return value

    return check


def _flag(path: str, value: Any, known: Capabilities) -> bool:
    if not isinstance(value, bool):
        raise _refused(path, _("yes or no."), known)
    return value


def _pairs(path: str, value: Any, known: Capabilities) -> dict[str, str]:
    fits = (
        isinstance(value, dict)
        and len(value) <= MOST_PAIRS
        and all(
            isinstance(key, str)
            and 0 < len(key) <= LONGEST_KEY
            and isinstance(text, str)
            and len(text) <= LONGEST_VALUE
            for key, text in value.items()
        )
    )
    if not fits:
        sentence = _("at most %(pairs)s pairs of texts, names of up to %(key)s characters, values of up to %(value)s.")
        raise _refused(path, sentence, known, pairs=MOST_PAIRS, key=LONGEST_KEY, value=LONGEST_VALUE)
    return dict(value)


def _format(path: str, value: Any, known: Capabilities) -> dict[str, Any]:
    """`"text"`, `"json_object"`, the name of a schema of the team, or a whole format of the API's."""
    if isinstance(value, str):
        if value in schemas.RESERVED:
            return {"type": value}
        schema = AnswerSchema.objects.filter(name=plain(value)[:64]).first()
        if schema is None:
            raise _refused(path, _("this schema is not in the library any more. Choose another one."), known)
        return schema.format
    try:
        return schemas.whole_format(value)
    except schemas.BadSchema as error:
        raise _refused(path, "%(said)s", known, said=error.sentence) from error


CHECKS: dict[str, Callable[[str, Any, Capabilities], Any]] = {
    "temperature": _between(0, 2),
    "top_p": _between(0, 1),
    "max_output_tokens": _whole(LEAST_OUTPUT, MOST_OUTPUT),
    "truncation": _one_of("auto", "disabled"),
    "reasoning.effort": _one_of(),
    "reasoning.summary": _one_of(),
    "text.verbosity": _one_of(),
    "text.format": _format,
    "tool_choice": _one_of("auto", "none", "required"),
    "parallel_tool_calls": _flag,
    "max_tool_calls": _whole(1, MOST_CALLS),
    "metadata": _pairs,
    "service_tier": _one_of(),
}
