"""The form of one entry of the catalogue: typed fields in, facts out."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from django import forms
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from conversations.models import CatalogEntry
from conversations.upstream.catalog import PARAMETERS, Capabilities, ImageCapabilities, Prices, facts_of
from conversations.upstream.catalog import capabilities_from as read_facts

WORD = re.compile(r"[\w.:-]{1,60}")
IMAGE_TOKENS = re.compile(r"([\w-]{1,30})\s+([\w]{1,30})\s*[:=]\s*([0-9]{1,7})")
IMAGE_PRICE = re.compile(r"([\w-]{1,30})\s+([\w]{1,30})\s*[:=]\s*\$?([0-9]{1,6}(?:\.[0-9]{1,6})?)")


class WordsField(forms.CharField):
    """Words between commas, in the API's spelling; a model of tomorrow may take words that are unknown today."""

    widget = UnfoldAdminTextInputWidget

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) or value is None else ", ".join(value)

    def clean(self, value: Any) -> tuple[str, ...]:
        words = tuple(dict.fromkeys(word.strip() for word in (super().clean(value) or "").split(",") if word.strip()))
        for word in words:
            if not WORD.fullmatch(word):
                raise forms.ValidationError(
                    _("“%(word)s” is no value of the API: words between commas, please."), params={"word": word[:60]}
                )
        return words


def _words(label: Any, hint: Any = "") -> WordsField:
    return WordsField(label=label, required=False, max_length=600, help_text=hint)


def _switch(label: Any, hint: Any = "") -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False, help_text=hint, widget=UnfoldBooleanSwitchWidget)


def _number(label: Any, hint: Any = "") -> forms.IntegerField:
    widget = forms.NumberInput(UnfoldAdminTextInputWidget().attrs)
    return forms.IntegerField(label=label, required=False, min_value=0, max_value=10**9, help_text=hint, widget=widget)


def _price(label: Any) -> forms.FloatField:
    widget = forms.NumberInput({**UnfoldAdminTextInputWidget().attrs, "step": "any"})
    return forms.FloatField(label=label, required=False, min_value=0, max_value=10**6, widget=widget)


class CatalogEntryForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    label = forms.CharField(
        label=_("label"), required=False, max_length=120, widget=UnfoldAdminTextInputWidget,
        help_text=_("What people read. Empty: the model's own name."),
    )  # fmt: skip
    notes = forms.CharField(label=_("notes"), required=False, max_length=2000, widget=UnfoldAdminTextareaWidget)

    parameters = forms.MultipleChoiceField(
        label=_("takes"), required=False, choices=[(name, name) for name in PARAMETERS],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )  # fmt: skip
    reasoning_efforts = _words(
        _("reasoning efforts"), _("Such as none, minimal, low, medium, high, xhigh. Empty: it does not reason.")
    )
    summaries = _words(_("reasoning summaries"), _("Such as auto, concise, detailed."))
    verbosities = _words(_("verbosity"), _("Such as low, medium, high."))
    service_tiers = _words(_("service tiers"), _("Such as auto, default, flex, priority."))
    tools = _words(_("tools"), _("Types of tools, such as function, web_search, mcp, image_generation."))
    vision = _switch(_("reads images"))
    pdf = _switch(_("reads PDF"))
    background = _switch(_("can run in the background"))
    thinks_long = _switch(_("thinks long"), _("Minutes rather than seconds: “auto” runs it in the background."))
    context_window = _number(_("context window"), _("In tokens; empty where unknown."))
    max_output_tokens = _number(_("most output tokens"))

    price_input = _price(_("input"))
    price_cached = _price(_("cached input"))
    price_output = _price(_("output"))
    price_image_input = _price(_("image input"))
    price_image_output = _price(_("image output"))
    price_images = forms.CharField(
        label=_("one image"), required=False, max_length=4000, widget=UnfoldAdminTextareaWidget,
        help_text=_("One price a line, by quality and size: high 1024x1024: 0.167"),
    )  # fmt: skip

    image = _switch(_("makes images"))
    image_sizes = _words(_("sizes"), _("Such as auto, 1024x1024."))
    image_any_size = _switch(_("any other size"), _("Both edges divisible by 16, in a ratio up to 3:1."))
    image_qualities = _words(_("qualities"))
    image_backgrounds = _words(_("backgrounds"))
    image_formats = _words(_("formats"))
    image_partial_images = _number(_("most partial images"))
    image_edits = _switch(_("edits given images"))
    image_masks = _switch(_("takes masks"))
    image_moderations = _words(_("moderation"))
    image_fidelities = _words(_("input fidelity"), _("Empty: it must be left out."))
    image_tokens = forms.CharField(
        label=_("tokens of one image"), required=False, max_length=4000, widget=UnfoldAdminTextareaWidget,
        help_text=_("One a line, by quality and size: high 1024x1024: 4160. With the price of image output they say "
                    "what one costs where no price of its own stands above."),
    )  # fmt: skip
    image_partial_tokens = _number(_("tokens of one partial image"))

    class Meta:
        model = CatalogEntry
        fields = ("name",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.label = capfirst(field.label)
        facts = self.instance.facts or {}
        try:
            known = read_facts(facts)
        except ValueError:
            known = Capabilities(label="")
        self.initial = {**_initial(known), **self.initial}

    def clean_price_images(self) -> dict[str, float]:
        prices = {}
        for line in filter(None, map(str.strip, self.cleaned_data["price_images"].splitlines())):
            found = IMAGE_PRICE.fullmatch(line)
            if found is None:
                raise forms.ValidationError(
                    _("“%(line)s” cannot be read. Write it like: high 1024x1024: 0.167"), params={"line": line[:80]}
                )
            prices[f"{found[1]} {found[2]}"] = float(found[3])
        return prices

    def clean_image_tokens(self) -> dict[str, int]:
        tokens = {}
        for line in filter(None, map(str.strip, self.cleaned_data["image_tokens"].splitlines())):
            found = IMAGE_TOKENS.fullmatch(line)
            if found is None:
                raise forms.ValidationError(
                    _("“%(line)s” cannot be read. Write it like: high 1024x1024: 4160"), params={"line": line[:80]}
                )
            tokens[f"{found[1]} {found[2]}"] = int(found[3])
        return tokens

    def save(self, commit: bool = True) -> Any:
        """Keep what the form says as facts; the entry follows what is shipped no longer."""
        entry = super().save(commit=False)
        entry.facts = facts_of(self._capabilities())
        entry.edited_at = entry.updated_at = timezone.now()
        if commit:
            entry.save()
        return entry

    def _capabilities(self) -> Capabilities:
        data = self.cleaned_data
        image = {name.removeprefix("image_"): value for name, value in data.items() if name.startswith("image_")}
        prices = {name.removeprefix("price_"): value for name, value in data.items() if name.startswith("price_")}
        plain = {name: value for name, value in data.items() if not name.startswith(("image", "price_", "name"))}
        image |= {name: image[name] or 0 for name in ("partial_images", "partial_tokens")}
        plain["parameters"] = tuple(plain["parameters"])
        return Capabilities(
            **plain, image=ImageCapabilities(**image) if data["image"] else None, prices=Prices(**prices)
        )


def _initial(known: Capabilities) -> dict[str, Any]:
    """Return the facts as the form's fields have them."""
    image: dict[str, Any] = msgspec.to_builtins(known.image or ImageCapabilities())
    image["tokens"] = "\n".join(f"{name}: {count}" for name, count in image["tokens"].items())
    prices: dict[str, Any] = msgspec.to_builtins(known.prices)
    prices["images"] = "\n".join(f"{name}: {price:g}" for name, price in known.prices.images.items())
    return (
        {name: value for name, value in msgspec.to_builtins(known).items() if name not in {"image", "prices"}}
        | {"image": known.image is not None}
        | {f"image_{name}": value for name, value in image.items()}
        | {f"price_{name}": value for name, value in prices.items()}
    )
