"""What a model can take and do, by its name: data in `catalog.json`, cautious where a name is unknown."""

import json
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import msgspec


@dataclass(frozen=True)
class Capabilities:
    """What a request to a model may hold. The defaults are for unknown names: text in, text and function calls out.

    `sampling`: takes `temperature` and `top_p`. `reasoning_efforts`: empty where the model does not reason.
    `summaries`: gives summaries of its reasoning. `tools`: types of tools that it can be offered, `image_tool` apart.
    `thinks_long`: answers in minutes rather than seconds, so it is better run in the background.
    `max_output_tokens` and `context_window` are in tokens, None where unknown.
    """

    label: str
    sampling: bool = False
    reasoning_efforts: tuple[str, ...] = ()
    summaries: bool = False
    vision: bool = False
    image_tool: bool = False
    tools: tuple[str, ...] = ("function",)
    background: bool = False
    thinks_long: bool = False
    max_output_tokens: int | None = None
    context_window: int | None = None


def capabilities(model: str) -> Capabilities:
    """Return what is known of a model or deployment of this name.

    Vendor prefixes (`openai/...`) and fine-tunings (`ft:...:`) count as the model they name; a deployment counts as a
    model when its name begins like one.
    """
    name = model.lower().removeprefix("ft:").split(":")[0].rsplit("/", 1)[-1]
    for pattern, known in _catalog():
        if fnmatchcase(name, pattern):
            return replace(known, label=known.label or model)
    return Capabilities(label=model)


@cache
def _catalog() -> tuple[tuple[str, Capabilities], ...]:
    """The patterns in the order of the file: the first that fits a name counts."""
    data = json.loads(Path(__file__).with_name("catalog.json").read_text(encoding="utf-8"))
    families: dict[str, dict[str, Any]] = data["families"]
    catalog: list[tuple[str, Capabilities]] = []
    for entry in data["models"]:
        fields = {"label": "", **families[entry["family"]], **entry.get("but", {})}
        known = msgspec.convert(fields, Capabilities)
        catalog.extend((pattern, known) for pattern in entry["names"])
    return tuple(catalog)
