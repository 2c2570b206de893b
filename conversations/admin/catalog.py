"""The catalogue of models, what providers were found to refuse, and the page about the provider."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from conversations import catalog
from conversations.admin.catalog_form import CatalogEntryForm
from conversations.admin.recorded import RecordedAdmin
from conversations.models import CatalogEntry, RefusedParameter
from conversations.upstream.catalog import provider_notes, shipped

KINDS = {
    "azure": _("Azure OpenAI, v1 API"),
    "azure-dated": _("Azure OpenAI, dated API"),
    "openai": _("OpenAI"),
    "compatible": _("A server with the Responses API"),
}


@admin.register(CatalogEntry)
class CatalogEntryAdmin(RecordedAdmin):
    form = CatalogEntryForm
    remembered = ("name", "facts")
    list_display = ("name", "label", "reasons", "costs", "shipped", "edited_at")
    list_filter = ("shipped",)
    search_fields = ("name",)
    ordering = ("name",)
    list_per_page = 100
    save_as = True
    actions = ("put_back",)
    actions_list = ("provider",)
    fieldsets = (
        (None, {"fields": ("name", "label", "notes")}),
        (
            _("Takes"),
            {
                "fields": (
                    *("parameters", "reasoning_efforts", "summaries", "verbosities", "service_tiers", "tools"),
                    *("vision", "pdf", "background", "thinks_long", "context_window", "max_output_tokens"),
                )
            },
        ),
        (
            _("Prices, in US dollars for a million tokens"),
            {
                "fields": (
                    *("price_input", "price_cached", "price_output"),
                    *("price_image_input", "price_image_output", "price_images"),
                )
            },
        ),
        (
            _("Images that it makes"),
            {
                "fields": (
                    *("image", "image_sizes", "image_any_size", "image_qualities", "image_backgrounds"),
                    *(
                        "image_formats",
                        "image_partial_images",
                        "image_edits",
                        "image_masks",
                        "image_moderations",
                        "image_fidelities",
                        "image_tokens",
                        "image_partial_tokens",
                    ),
                )
            },
        ),
    )

    @admin.display(description=_("label"))
    def label(self, entry: CatalogEntry) -> str:
        return str(entry.facts.get("label", ""))

    @admin.display(description=_("reasoning"))
    def reasons(self, entry: CatalogEntry) -> str:
        return ", ".join(entry.facts.get("reasoning_efforts", ()))

    @admin.display(description=_("$ in / out"))
    def costs(self, entry: CatalogEntry) -> str:
        prices = entry.facts.get("prices", {})
        return f"{prices['input']:g} / {prices['output']:g}" if {"input", "output"} <= prices.keys() else ""

    def save_model(self, request: HttpRequest, obj: CatalogEntry, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        catalog.forget()

    def delete_model(self, request: HttpRequest, obj: CatalogEntry) -> None:
        super().delete_model(request, obj)
        catalog.forget()

    def restore(self, obj: CatalogEntry, facts: dict[str, Any]) -> None:
        obj.edited_at = obj.updated_at = timezone.now()
        super().restore(obj, facts)
        catalog.forget()

    def has_delete_permission(self, request: HttpRequest, obj: CatalogEntry | None = None) -> bool:
        # What is shipped would come back with the next version; put it back as shipped instead
        return not (obj is not None and obj.shipped) and super().has_delete_permission(request, obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        own = [entry for entry in objs if not entry.shipped]
        return super().get_deleted_objects(own, request)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[CatalogEntry]) -> None:
        queryset.filter(shipped=False).delete()
        catalog.forget()

    @admin.action(description=_("Put back as shipped"), permissions=["change"])
    def put_back(self, request: HttpRequest, queryset: QuerySet[CatalogEntry]) -> None:
        entries = [entry for entry in queryset if entry.name in shipped()]
        for entry in entries:
            entry.facts, entry.edited_at, entry.updated_at = shipped()[entry.name], None, timezone.now()
        CatalogEntry.objects.bulk_update(entries, ["facts", "edited_at", "updated_at"])
        catalog.forget()
        self.message_user(request, _("Put back: %(number)s.") % {"number": len(entries)}, messages.SUCCESS)

    @action(description=_("Provider and models offered"), url_path="provider", permissions=["view"])  # type: ignore[untyped-decorator]
    def provider(self, request: HttpRequest) -> HttpResponse:
        """Show where answers come from, which models are offered and what the provider's documents say."""
        context = {
            **self.admin_site.each_context(request),
            "title": _("Provider"),
            "opts": self.opts,
            "provider": provider_facts(),
            "models": [offered(name) for name in settings.SALON_MODELS],
            "notes": list(reversed(provider_notes())),
        }
        return TemplateResponse(request, "admin/conversations/provider.html", context)


@admin.register(RefusedParameter)
class RefusedParameterAdmin(RecordedAdmin):
    """What was learned. Deleting a row lets the parameter be sent again."""

    list_display = ("model", "parameter", "endpoint", "learned_at")
    list_display_links = None
    search_fields = ("model", "parameter")
    ordering = ("-learned_at",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: RefusedParameter | None = None) -> bool:
        return False

    def delete_model(self, request: HttpRequest, obj: RefusedParameter) -> None:
        super().delete_model(request, obj)
        catalog.forget()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[RefusedParameter]) -> None:
        super().delete_queryset(request, queryset)
        catalog.forget()


def provider_facts() -> list[tuple[Any, Any]]:
    """Return what may be told of the configured provider; a key is never part of it."""
    config = settings.SALON_PROVIDER
    if config is None:
        return [(_("Provider"), _("The embedded one: a small model and a scripted demo, without a key"))]
    azure = config.kind.startswith("azure")
    signs = _("An API key") if config.api_key else (_("Microsoft Entra ID") if azure else _("Nothing"))
    facts: list[tuple[Any, Any]] = [
        (_("Provider"), KINDS.get(config.kind, config.kind)),
        (_("Address"), config.base_url),
        (_("Signs in with"), signs),
    ]
    if azure and not config.api_key:
        facts.append((_("Scope of its tokens"), config.entra_scope))
    if config.api_version:
        facts.append((_("API version"), config.api_version))
    if azure:
        facts.append((_("Image deployment"), config.image_deployment or _("not set")))
    return facts


def offered(name: str) -> dict[str, Any]:
    """Return a model that people are offered, the entry that counts for it, and what it was found to refuse."""
    entry = catalog.entry_name(name)
    known = catalog.capabilities(name)
    row = CatalogEntry.objects.filter(Q(name=entry)).first() if entry else None
    return {
        "name": name,
        "entry": row,
        "facts": known,
        "refused": sorted(known.refused),
    }
