"""The pages of the team's library: prompts and personas, with their versions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, F, OuterRef, Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from conversations import access, catalog
from conversations.actions import library
from conversations.errors import NotFound, Refused
from conversations.forms import PersonaForm, PromptForm
from conversations.models import Persona, PersonaVersion, Prompt, PromptVersion, User
from conversations.prompts import pieces
from conversations.views import tools
from conversations.views.json import SignedInRequest, answer, door

OFFERED = 8
"""Prompts that the composer offers at once, and personas that an empty conversation does."""
VERSIONS = 50


@require_safe
@login_required
def prompts(request: SignedInRequest) -> HttpResponse:
    query = request.GET.get("q", "")[:200].replace("\x00", "").strip()
    rows = found_prompts(request.user, query).select_related("owner")
    return render(request, "library/prompts.html", {"prompts": rows, "query": query})


def found_prompts(user: User, query: str) -> Any:
    """Return the prompts that a person may use and that have these words in their title or text."""
    rows = Prompt.objects.visible_to(user)
    for word in query.split()[:10]:
        newest = PromptVersion.objects.filter(prompt=OuterRef("pk"), number=OuterRef("number"), text__icontains=word)
        rows = rows.filter(Q(title__icontains=word) | Exists(newest))
    return rows


@door("GET")
def offered(request: SignedInRequest) -> HttpResponse:
    """Return what the composer offers behind a `/`."""
    query = request.GET.get("q", "")[:80].replace("\x00", "")
    rows = list(found_prompts(request.user, query)[:OFFERED])
    texts = {
        version.prompt_id: version.text
        for version in PromptVersion.objects.filter(prompt__in=rows, number=F("prompt__number"))
    }
    return answer({"prompts": [{"id": row.pk, "title": row.title, "pieces": pieces(texts[row.pk])} for row in rows]})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def prompt_new(request: SignedInRequest) -> HttpResponse:
    return _prompt_page(request, None, [])


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def prompt(request: SignedInRequest, prompt_id: int) -> HttpResponse:
    row = _found(access.prompt_for, request.user, prompt_id)
    return _prompt_page(request, row, list(row.versions.select_related("author").order_by("-number")[:VERSIONS]))


def _prompt_page(request: SignedInRequest, row: Prompt | None, versions: Sequence[PromptVersion]) -> HttpResponse:
    shown = _chosen(request, versions)
    initial = {"title": shown.title, "text": shown.text, "shared": row.shared} if row is not None and shown else {}
    form = PromptForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            saved = library.save_prompt(
                request.user, row, title=values["title"], text=values["text"], shared=values["shared"]
            )
        except Refused as error:
            _refuse(form, error)
        else:
            messages.success(request, _("“%(name)s” is saved.") % {"name": saved})
            return redirect("prompts")
    return _edited(request, form, row, versions, shown, "prompt")


@require_POST
@login_required
def prompt_retire(request: SignedInRequest, prompt_id: int) -> HttpResponse:
    return _retired(request, _found(access.prompt_for, request.user, prompt_id), "prompts")


@require_safe
@login_required
def personas(request: SignedInRequest) -> HttpResponse:
    rows = list(Persona.objects.visible_to(request.user).select_related("owner"))
    return render(request, "library/personas.html", {"personas": with_versions(rows)})


def with_versions(rows: Sequence[Persona]) -> list[tuple[Persona, PersonaVersion]]:
    """Return personas with what they say now."""
    numbers = {row.pk: row.number for row in rows}
    versions = PersonaVersion.objects.filter(persona__in=rows).defer("instructions")
    newest = {version.persona_id: version for version in versions if version.number == numbers[version.persona_id]}
    return [(row, newest[row.pk]) for row in rows if row.pk in newest]


def to_begin_with(user: User) -> list[tuple[Persona, PersonaVersion]]:
    """Return the personas that an empty conversation offers."""
    return with_versions(list(Persona.objects.visible_to(user).order_by("-updated_at")[:OFFERED]))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def persona_new(request: SignedInRequest) -> HttpResponse:
    return _persona_page(request, None, [])


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def persona(request: SignedInRequest, persona_id: int) -> HttpResponse:
    row = _found(access.persona_for, request.user, persona_id)
    return _persona_page(request, row, list(row.versions.select_related("author").order_by("-number")[:VERSIONS]))


def _persona_page(request: SignedInRequest, row: Persona | None, versions: Sequence[PersonaVersion]) -> HttpResponse:
    shown = _chosen(request, versions)
    initial: dict[str, Any] = {}
    if row is not None and shown is not None:
        names = ("title", "description", "instructions", "model", "tools", "opening")
        initial = {name: getattr(shown, name) for name in names}
        initial |= {"suggestions": "\n".join(shown.suggestions), "shared": row.shared}
    models = [("", _("The first that is offered")), *((name, catalog.capabilities(name).label) for name in _models())]
    usable = [(f"{tool['kind']}:{tool['key']}", tool["label"]) for tool in tools.offered(request.user)]
    form = PersonaForm(request.POST if request.method == "POST" else None, initial=initial, models=models, tools=usable)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            saved = library.save_persona(
                request.user, row, title=values["title"], shared=values["shared"], values=values
            )
        except Refused as error:
            _refuse(form, error)
        else:
            messages.success(request, _("“%(name)s” is saved.") % {"name": saved})
            return redirect("personas")
    return _edited(request, form, row, versions, shown, "persona")


@require_POST
@login_required
def persona_retire(request: SignedInRequest, persona_id: int) -> HttpResponse:
    return _retired(request, _found(access.persona_for, request.user, persona_id), "personas")


@require_POST
@login_required
def persona_begin(request: SignedInRequest, persona_id: int) -> HttpResponse:
    """Begin a conversation with a persona."""
    row = _found(access.persona_for, request.user, persona_id)
    usable = [f"{tool['kind']}:{tool['key']}" for tool in tools.offered(request.user)]
    return redirect("conversation", library.begin_with(request.user, row, usable).pk)


def _models() -> Sequence[str]:
    return list(settings.SALON_MODELS)


def _found(find: Any, user: User, row_id: int) -> Any:
    try:
        return find(user, row_id)
    except NotFound as error:
        raise Http404 from error


def _chosen(request: SignedInRequest, versions: Sequence[Any]) -> Any:
    """Return the version that the address names, or the newest; an older one is kept again by saving it."""
    asked = request.GET.get("version", "")
    return next((version for version in versions if str(version.number) == asked), versions[0] if versions else None)


def _refuse(form: forms.Form, error: Refused) -> None:
    if error.status == 403:
        raise PermissionDenied(error.sentence) from error
    form.add_error(error.code if error.code in form.fields else None, error.sentence)


def _edited(
    request: SignedInRequest, form: forms.Form, row: Any, versions: Sequence[Any], shown: Any, kind: str
) -> HttpResponse:
    context = {"form": form, "row": row, "versions": versions, "shown": shown, "kind": kind}
    context["may_change"] = row is None or row.may_be_changed_by(request.user)
    return render(request, f"library/{kind}.html", context, status=400 if form.is_bound else 200)


def _retired(request: SignedInRequest, row: Prompt | Persona, back: str) -> HttpResponse:
    try:
        library.retire(request.user, row)
    except Refused as error:
        raise PermissionDenied(error.sentence) from error
    messages.success(request, _("“%(name)s” is out of the library.") % {"name": row})
    return redirect(back)
