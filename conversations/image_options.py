"""The options of the `image_generation` tool: offered by what the catalogue knows, read, put into the API's form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conversations import catalog
from conversations.errors import Refused
from conversations.upstream.catalog import (
    Capabilities,
    ImageCapabilities,
    image_prices,
    partial_image_price,
    usual_image_model,
)

TOOL = "image_generation"
CHOICES = {
    "size": ("sizes", gettext_lazy("Size")),
    "quality": ("qualities", gettext_lazy("Quality")),
    "background": ("backgrounds", gettext_lazy("Background")),
    "output_format": ("formats", gettext_lazy("Format")),
    "moderation": ("moderations", gettext_lazy("Moderation")),
    "input_fidelity": ("fidelities", gettext_lazy("Fidelity to what is given")),
}
"""Options with a few values: the field of the catalogue that lists them, and what people call them."""
COMPRESSED = ("webp", "jpeg")
CLEAR = ("png", "webp")
"""Formats that can be transparent."""
USUAL_FORMAT = "png"
SIZE = re.compile(r"([1-9][0-9]{1,3})x([1-9][0-9]{1,3})")
MOST_PIXELS, LONGEST_EDGE, STEP, MOST_RATIO = 3840 * 2160, 3840, 16, 3
DEFAULT = "auto"


@dataclass(frozen=True)
class Maker:
    """Who makes pictures here: `model` is asked, and its tool names `image_model`, "" where the provider chooses.

    `known` are the facts about the one that paints.
    """

    name: str
    label: str
    model: str
    image_model: str
    known: Capabilities

    @property
    def image(self) -> ImageCapabilities:
        return self.known.image or ImageCapabilities()

    def refuses(self, option: str) -> bool:
        """Return whether the provider was found not to take this option of the tool."""
        return catalog.capabilities(self.model).refuses(f"{TOOL}.{option}")

    def values(self, option: str) -> tuple[str, ...]:
        """Return the values that can be chosen of one of `CHOICES`."""
        if self.refuses(option):
            return ()
        values: tuple[str, ...] = getattr(self.image, CHOICES[option][0])
        return values

    @property
    def partial_images(self) -> int:
        """How many states of a picture it shows at most while it forms."""
        return 0 if self.refuses("partial_images") else self.image.partial_images


def makers() -> list[Maker]:
    """Return who makes pictures here, the usual one first; nobody where no model that is offered takes the tool."""
    offered = {name: catalog.capabilities(name) for name in settings.SALON_MODELS}
    asked = [name for name, known in offered.items() if known.image_tool]
    found = [Maker(name, offered[name].label, name, "", offered[name]) for name in asked if offered[name].image]
    through = [name for name in asked if not offered[name].image]
    return [*found, *_through(through[0], offered)] if through else found


def _through(model: str, offered: Mapping[str, Capabilities]) -> list[Maker]:
    """Return the image models that are made use of through a model that answers in words."""
    provider = settings.SALON_PROVIDER
    kind = provider.kind if provider is not None else ""
    named = [name for name, known in offered.items() if known.only_paints]
    if kind.startswith("azure"):  # there a header of the request names the deployment
        deployment = provider.image_deployment if provider is not None else None
        paints = deployment or usual_image_model(kind)
        return [Maker(paints, paints, model, "", catalog.capabilities(paints))]
    if named:
        return [Maker(name, name, model, name, offered[name]) for name in named]
    usual = usual_image_model(kind)
    return [Maker(usual, usual or model, model, "", catalog.capabilities(usual or model))]


def maker(name: str) -> Maker:
    """Return the maker of that name, the usual one for an empty name; raise `Refused` where there is none."""
    known = makers()
    if not known:
        raise Refused(_("No model here makes pictures. An administrator can offer one that does."), code="no_maker")
    found = next((maker for maker in known if maker.name == name), None) if name else known[0]
    if found is None:
        raise Refused(_("This model is not offered here. Choose another one."), code="model")
    return found


def offered(maker: Maker) -> dict[str, Any]:
    """Return what a page may offer of a maker."""
    return {
        "name": maker.name,
        "label": maker.label,
        "demo": settings.SALON_PROVIDER is None,
        "options": {option: list(values) for option in CHOICES if (values := maker.values(option))},
        "any_size": maker.image.any_size and not maker.refuses("size"),
        "compressed": []
        if maker.refuses("output_compression")
        else [f for f in COMPRESSED if f in maker.image.formats],
        "partial_images": maker.partial_images,
        "edits": maker.image.edits or maker.known.image is None,
        "masks": maker.image.masks,
        "prices": image_prices(maker.known),
        "partial_price": partial_image_price(maker.known),
    }


def read(given: object, maker: Maker) -> dict[str, Any]:
    """Return the tool for a request, in the API's form, from what a door was sent; raise `Refused` for a bad value.

    What is left as the provider has it by itself is not named.
    """
    if not isinstance(given, dict):
        raise Refused(_("options must be an object."), code="options")
    tool: dict[str, Any] = {"type": TOOL}
    if maker.image_model:
        tool["model"] = maker.image_model
    for option in given:
        if option not in {*CHOICES, "output_compression", "partial_images"}:
            name = str(option)[:60]
            raise Refused(_("“%(name)s” cannot be set here.") % {"name": name}, code=f"options.{name}")
    for option in CHOICES:
        value = given.get(option)
        if value not in (None, "", DEFAULT):
            tool[option] = _chosen(option, value, maker)
    form = tool.get("output_format", USUAL_FORMAT)
    if tool.get("background") == "transparent" and form not in CLEAR:
        raise _refused("background", _("a transparent picture is a PNG or a WebP. Choose one of these formats."))
    if given.get("output_compression") is not None:
        tool |= _compression(given["output_compression"], form)
    tool |= _partials(given.get("partial_images"), form, maker)
    return tool


def _chosen(option: str, value: object, maker: Maker) -> str:
    values = maker.values(option)
    if not isinstance(value, str):
        raise _refused(option, _("choose one of %(values)s.") % {"values": ", ".join(values)})
    if option == "size" and maker.image.any_size and value not in values:
        return _any_size(value)
    if value not in values:
        told = _("%(model)s takes %(values)s.") % {"model": maker.label, "values": ", ".join(values) or _("none")}
        raise _refused(option, told)
    return value


def _any_size(value: str) -> str:
    found = SIZE.fullmatch(value)
    width, height = (int(found[1]), int(found[2])) if found else (0, 0)
    fits = (
        width
        and width % STEP == height % STEP == 0
        and max(width, height) <= min(LONGEST_EDGE, MOST_RATIO * min(width, height))
        and width * height <= MOST_PIXELS
    )
    if not fits:
        sentence = _(
            "width and height are divisible by 16, at most 3840 x 2160, and one at most three times the other."
        )
        raise _refused("size", sentence)
    return value


def _compression(value: object, form: str) -> dict[str, Any]:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 100:
        raise Refused(_("Compression: a whole number from 0 to 100."), code="options.output_compression")
    return {"output_compression": value} if form in COMPRESSED and value != 100 else {}


def _partials(value: object, form: str, maker: Maker) -> dict[str, Any]:
    most = maker.image.partial_images
    if value is None:
        return {}
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        said = _("Partial images: a whole number from 0 to %(most)s.") % {"most": most}
        raise Refused(said, code="options.partial_images")
    return {"partial_images": value} if value and form != "gif" and maker.partial_images else {}


def _refused(option: str, sentence: str) -> Refused:
    return Refused(f"{CHOICES[option][1]}: {sentence}", code=f"options.{option}")
