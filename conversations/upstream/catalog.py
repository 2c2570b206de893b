"""What models take and do, as plain facts: looked up by name, cautious where a name is unknown, priced where known.

The facts that are shipped lie in `catalog.json`. A caller that keeps its own (the administrators' table) builds a
`Catalog` of them.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

CAUTIOUS = ("max_output_tokens", "tool_choice", "parallel_tool_calls", "metadata")
"""What a model with an unknown name is offered: what every server with this API takes."""
PARAMETERS = (
    *("temperature", "top_p", "max_output_tokens", "truncation", "text.format", "tool_choice"),
    *("parallel_tool_calls", "max_tool_calls", "metadata", "top_logprobs"),
)
"""Parameters that a model takes or not. Those with a few values have a list of these instead (`CHOICES`)."""
CHOICES = {
    "reasoning.effort": "reasoning_efforts",
    "reasoning.summary": "summaries",
    "text.verbosity": "verbosities",
    "service_tier": "service_tiers",
}
"""Parameters of which a model takes some values, and the field that lists them."""
PER_MILLION = 1_000_000
MOST_COUNTED = 10**12
"""Tokens: a larger number is a provider's mistake, and would not fit where it is added up."""


@dataclass(frozen=True)
class ImageCapabilities:
    """What an image model makes, by the options of the `image_generation` tool.

    `any_size`: besides `sizes` any WIDTHxHEIGHT with both divisible by 16 and a ratio up to 3:1. `partial_images`: how
    many at most. `fidelities`: values of `input_fidelity`, empty where it must be left out. `moderations`: how strictly
    it can be asked to look at what it makes. `tokens`: of image output, by `"QUALITY SIZE"`; each partial image takes
    `partial_tokens` more.
    """

    sizes: tuple[str, ...] = ()
    any_size: bool = False
    qualities: tuple[str, ...] = ()
    backgrounds: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    partial_images: int = 0
    edits: bool = False
    masks: bool = False
    fidelities: tuple[str, ...] = ()
    moderations: tuple[str, ...] = ()
    tokens: Mapping[str, int] = field(default_factory=dict)
    partial_tokens: int = 0


@dataclass(frozen=True)
class Prices:
    """US dollars for a million tokens, and for one image by `"QUALITY SIZE"`; None and absent where unknown."""

    input: float | None = None
    cached: float | None = None
    output: float | None = None
    image_input: float | None = None
    image_output: float | None = None
    images: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Capabilities:
    """What a request to a model may hold. The defaults are for unknown names: text in, text and function calls out.

    `parameters`: of `PARAMETERS`, those that it takes. `reasoning_efforts`: empty where the model does not reason.
    `tools`: types of tools that it can be offered. `image`: what it makes, where it is an image model or draws itself.
    `thinks_long`: answers in minutes rather than seconds, so it is better run in the background.
    `max_output_tokens` and `context_window` are in tokens, None where unknown. `known` is False for the defaults.
    `refused`: parameters, and parameters with a value (`"reasoning.effort=minimal"`), that the provider was found not
    to take.
    """

    label: str
    parameters: tuple[str, ...] = CAUTIOUS
    reasoning_efforts: tuple[str, ...] = ()
    summaries: tuple[str, ...] = ()
    verbosities: tuple[str, ...] = ()
    service_tiers: tuple[str, ...] = ()
    vision: bool = False
    pdf: bool = False
    tools: tuple[str, ...] = ("function",)
    image: ImageCapabilities | None = None
    background: bool = False
    thinks_long: bool = False
    max_output_tokens: int | None = None
    context_window: int | None = None
    prices: Prices = Prices()
    notes: str = ""
    known: bool = False
    refused: frozenset[str] = frozenset()

    @property
    def image_tool(self) -> bool:
        return "image_generation" in self.tools

    @property
    def only_paints(self) -> bool:
        """Whether it is an image model, which answers nobody and is used by the image tool of another one."""
        return self.image is not None and not self.image_tool

    def values(self, parameter: str) -> tuple[str, ...]:
        """Return the values that the model takes for one of `CHOICES`."""
        if parameter in self.refused:
            return ()
        values: tuple[str, ...] = getattr(self, CHOICES[parameter])
        return tuple(value for value in values if f"{parameter}={value}" not in self.refused)

    def takes(self, parameter: str, value: object = None) -> bool:
        """Return whether the model takes a parameter, named as in `"reasoning.effort"`, with this value if it is given.

        What the catalogue does not speak of (`store`, `include`) is taken unless the provider was found to refuse it.
        """
        if self.refuses(parameter, value):
            return False
        if parameter in CHOICES:
            return bool(self.values(parameter)) if value is None else value in self.values(parameter)
        return parameter not in PARAMETERS or parameter in self.parameters

    def refuses(self, parameter: str, value: object = None) -> bool:
        """Return whether the provider was found not to take the parameter, or what holds it, or this value of it."""
        parts = parameter.split(".")
        above = {".".join(parts[: end + 1]) for end in range(len(parts))}
        return bool(above & self.refused) or f"{parameter}={value}" in self.refused


class Catalog:
    """Facts by name. A name may be a pattern (`*`, `[45]`): the most particular one that fits a model counts."""

    def __init__(self, entries: Mapping[str, Mapping[str, Any]], refused: Iterable[tuple[str, str]] = ()) -> None:
        """Take the facts by name, and `(model, parameter)` of what the provider was found to refuse.

        Raises ValueError (of msgspec) for facts of a wrong type.
        """
        self._entries = sorted(
            ((name.lower(), capabilities_from(facts)) for name, facts in entries.items()),
            key=lambda entry: particularity(entry[0]),
            reverse=True,
        )
        self._refused: dict[str, set[str]] = {}
        for model, parameter in refused:
            self._refused.setdefault(model, set()).add(parameter)
        self._found: dict[str, Capabilities] = {}

    def capabilities(self, model: str) -> Capabilities:
        """Return what is known of a model or deployment of this name.

        Vendor prefixes (`openai/...`) and fine-tunings (`ft:...:`) count as the model they name; a deployment counts as
        a model when its name begins like one.
        """
        if (found := self._found.get(model)) is None:
            if len(self._found) > 1_000:
                self._found.clear()  # names are anybody's words
            found = self._found[model] = self._look_up(model)
        return found

    def entry(self, model: str) -> str | None:
        """Return the name of the entry that counts for a model, None where none does."""
        for spelling in (model.lower(), bare(model)):
            for name, _ in self._entries:
                if fnmatchcase(spelling, name):
                    return name
        return None

    def _look_up(self, model: str) -> Capabilities:
        name = self.entry(model)
        known = dict(self._entries)[name] if name is not None else Capabilities(label="")
        refused = frozenset(self._refused.get(model, ()))
        return replace(known, label=known.label or model, known=name is not None, refused=refused)


def bare(model: str) -> str:
    """Return the name of the model in a name, without vendor, fine-tuning and capitals."""
    return model.lower().removeprefix("ft:").split(":")[0].rsplit("/", 1)[-1]


def particularity(name: str) -> tuple[bool, int]:
    """Sort names by how few models they fit: whole names before patterns, more letters before fewer."""
    in_brackets = False
    letters = 0
    for letter in name:
        in_brackets = letter == "[" or (in_brackets and letter != "]")
        letters += not in_brackets and letter not in "*?]"
    return not set(name) & set("*?["), letters


def capabilities_from(facts: Mapping[str, Any]) -> Capabilities:
    """Return facts as `Capabilities`; unknown fields are left out. Raises ValueError for values of a wrong type."""
    return msgspec.convert({"label": "", **facts}, Capabilities)


def facts_of(known: Capabilities) -> dict[str, Any]:
    """Return the facts that differ from those of an unknown model, as they are kept in JSON."""
    default = Capabilities(label="")
    kept = (item.name for item in fields(Capabilities) if item.name not in {"known", "refused"})
    changed = {name: getattr(known, name) for name in kept if getattr(known, name) != getattr(default, name)}
    facts: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(changed))
    return facts


@cache
def shipped() -> dict[str, dict[str, Any]]:
    """Return the facts in `catalog.json`, by name."""
    data = json.loads(Path(__file__).with_name("catalog.json").read_text(encoding="utf-8"))
    entries: dict[str, dict[str, Any]] = {}
    for model in data["models"]:
        facts = {**data["families"][model["family"]], **model.get("but", {})}
        if "image" in model:
            facts["image"] = data["images"][model["image"]]
        if "prices" in model:
            names = ("input", "cached", "output", "image_input", "image_output")
            facts["prices"] = {
                name: price for name, price in zip(names, model["prices"], strict=False) if price is not None
            }
        for quality, (square, oblong) in model.get("each", {}).items():
            images = facts["prices"].setdefault("images", {})
            images |= {f"{quality} 1024x1024": square, f"{quality} 1024x1536": oblong, f"{quality} 1536x1024": oblong}
        entries |= dict.fromkeys(model["names"], facts)
    return entries


@cache
def usual_image_model(kind: str) -> str:
    """Return the image model that a kind of provider takes where a request names none, "" where nobody says so."""
    data = json.loads(Path(__file__).with_name("catalog.json").read_text(encoding="utf-8"))
    return str(data["usual_image_models"].get(kind, ""))


@cache
def provider_notes() -> list[dict[str, Any]]:
    """Return what the provider's documents say of regions, models and what is not supported, oldest first."""
    notes: list[dict[str, Any]] = json.loads(Path(__file__).with_name("provider_notes.json").read_text("utf-8"))
    return notes


@dataclass(frozen=True)
class Tokens:
    """What an answer used. `cached` is a part of `input`, `reasoning` one of `output`."""

    input: int
    cached: int
    output: int
    reasoning: int


def tokens(usage: Mapping[str, Any] | None) -> Tokens | None:
    """Return the tokens that a `usage` counts; None where it counts none."""
    usage = usage if isinstance(usage, Mapping) else {}
    given = usage.get("input_tokens"), usage.get("output_tokens")
    came, went = map(_count, given)
    if not all(isinstance(count, int) for count in given) or not (came or went):
        return None
    cached, thought = _detail(usage, "input", "cached_tokens"), _detail(usage, "output", "reasoning_tokens")
    return Tokens(came, min(came, cached), went, min(went, thought))


def _detail(usage: Mapping[str, Any], side: str, name: str) -> int:
    details = usage.get(f"{side}_tokens_details")
    return _count(details.get(name)) if isinstance(details, Mapping) else 0


def _count(value: Any) -> int:
    return min(value, MOST_COUNTED) if isinstance(value, int) and value > 0 else 0


def costs(known: Capabilities, used: Tokens) -> tuple[float | None, float | None, float | None]:
    """Return about what new input, cached input and output cost in US dollars, each None where its price is unknown."""
    prices = known.prices
    cached_price = prices.input if prices.cached is None else prices.cached
    counts = ((used.input - used.cached, prices.input), (used.cached, cached_price), (used.output, prices.output))
    new, cached, output = (None if price is None else count * price / PER_MILLION for count, price in counts)
    return new, cached, output


def cost(known: Capabilities, usage: Mapping[str, Any] | None) -> float | None:
    """Return about what an answer cost in US dollars, from its `usage`; None where prices or usage are unknown.

    Images that a tool made are not in `usage`: add `image_cost` of each.
    """
    used = tokens(usage)
    return total(costs(known, used)) if used is not None else None


def total(parts: Iterable[float | None]) -> float | None:
    """Return the sum, None where one part is unknown."""
    known = list(parts)
    return None if None in known else sum(part for part in known if part is not None)


def image_cost(known: Capabilities, *, quality: str, size: str) -> float | None:
    """Return about what one image costs in US dollars, None where unknown (as it is for `auto`)."""
    return image_prices(known).get(f"{quality} {size}")


def image_prices(known: Capabilities) -> dict[str, float]:
    """Return about what one image costs by `"QUALITY SIZE"`: its own price, else that of the tokens that it takes."""
    by_tokens = known.image.tokens if known.image is not None else {}
    return {key: _image_tokens(known, count) for key, count in by_tokens.items() if known.prices.image_output} | dict(
        known.prices.images
    )


def partial_image_price(known: Capabilities) -> float:
    """Return about what each partial image adds, 0 where that is unknown."""
    return _image_tokens(known, known.image.partial_tokens if known.image is not None else 0)


def _image_tokens(known: Capabilities, count: int) -> float:
    return count * (known.prices.image_output or 0) / PER_MILLION
