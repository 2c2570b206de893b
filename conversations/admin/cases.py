"""The moderators' queue: what was reported or noticed, by priority, and the page on which one case is decided."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from conversations import contents
from conversations.admin.pages import StaffRequest, counted, needs, show
from conversations.errors import Refused
from conversations.models import Case, Item, Report, User
from conversations.moderation import cases, decisions, noticing, sanctions

PAGE = 30
SHOWN = {"image/png", "image/jpeg", "image/webp", "image/gif"}
MOST_READERS = 20
SEGMENTS = ("open", "mine", "closed")


class PageForm(forms.Form):
    show = forms.ChoiceField(required=False, choices=[(name, name) for name in SEGMENTS])
    before = forms.IntegerField(required=False, min_value=1, max_value=2**62)
    below = forms.IntegerField(required=False, min_value=1, max_value=3)


@needs("conversations.view_case")
@never_cache
@require_safe
def queue(request: StaffRequest) -> HttpResponse:
    """Show the cases, the most pressing first. Which ones: the open, those of the viewer, or the decided."""
    form = PageForm(request.GET)
    valid = form.is_valid()
    return _page(request, None, form.cleaned_data if valid else {}, status=200 if valid else 400)


@needs("conversations.view_case")
@never_cache
@require_safe
def case_page(request: StaffRequest, case_id: int) -> HttpResponse:
    """Show one case beside the list; what was reported is shown to those who decide, and that is recorded."""
    case = _case(case_id)
    return _page(request, case, {"show": "open" if case.is_open else "closed"})


def _page(
    request: StaffRequest, case: Case | None, asked: dict[str, Any], *, status: int = 200, **more: Any
) -> HttpResponse:
    segment = asked.get("show") or "open"
    rows = list(_rows(segment, request.user, asked)[: PAGE + 1])
    following = {"show": segment, "before": rows[PAGE - 1].pk, "below": rows[PAGE - 1].priority} if rows[PAGE:] else {}
    may_decide = request.user.has_perm("conversations.moderate")
    return show(
        request,
        "moderation/cases.html",
        "moderation",
        status=status,
        rows=[_row(row) for row in rows[:PAGE]],
        segment=segment,
        numbers=_numbers(request.user),
        more_url="?" + urlencode(following) if following else "",
        case=case,
        file=_file(request, case, may_decide) if case is not None else None,
        may_decide=may_decide,
        decisions=Case.Decision.choices,
        **more,
    )


def _rows(segment: str, user: User, asked: dict[str, Any]) -> QuerySet[Case]:
    rows = Case.objects.prefetch_related("reports__reporter")
    before, below = asked.get("before"), asked.get("below")
    if segment == "closed":
        rows = rows.filter(closed_at__isnull=False).order_by("-pk")
        return rows.filter(pk__lt=before) if before else rows
    rows = rows.filter(closed_at=None, **({"assigned_to": user} if segment == "mine" else {}))
    if before and below:
        # The first part alone can be read from the index, in order
        rows = rows.filter(Q(priority__lt=below) | Q(pk__lt=before), priority__lte=below)
    return rows.order_by("-priority", "-pk")


def _numbers(user: User) -> dict[str, str]:
    waiting = Case.objects.filter(closed_at=None)
    return {"open": counted(waiting), "mine": counted(waiting.filter(assigned_to=user))}


def _row(case: Case) -> dict[str, Any]:
    reports = sorted(case.reports.all(), key=lambda report: report.pk)
    first = reports[0] if reports else None
    return {
        "case": case,
        "title": _title(case, reports),
        "first": first,
        "tone": ("", "", "warn", "danger")[case.priority],
    }


def _title(case: Case, reports: list[Report]) -> str:
    reason = next((report.get_reason_display() for report in reports if report.reason), "")
    return f"{case.get_kind_display()}: {reason}" if reason else str(case.get_kind_display())


def _file(request: StaffRequest, case: Case, may_decide: bool) -> dict[str, Any]:
    """Return what stands in a case. Who does not decide sees how it went, and not what it is about."""
    reports = list(case.reports.select_related("reporter").order_by("pk"))
    exhibit = cases.exhibit(case, actor=request.user) if may_decide and case.is_open else None
    by_source = {source: [r for r in reports if r.source == source] for source in Report.Source.values}
    terms = [term for report in by_source[Report.Source.CHECK] for term in report.comment.split(", ")]
    return {
        "title": _title(case, reports),
        "people": by_source[Report.Source.PERSON],
        "filter": by_source[Report.Source.PROVIDER],
        "check": by_source[Report.Source.CHECK],
        "exhibit": exhibit,
        "text": noticing.lit(_text(exhibit["item"]), terms) if exhibit else [],
        "question": noticing.lit(_text(exhibit["question"])[:500], terms) if exhibit else [],
        "members": case.conversation.memberships.count(),
        **_readers(case, named=exhibit is not None),
        "notes": case.notes.select_related("author").order_by("pk"),
        "moderators": _moderators(),
        "model": case.item.response.model if case.item is not None and case.item.response else "",
        "may_suspend": case.author is not None and case.author.is_active,
        "most_days": sanctions.MOST_DAYS,
    }


def _readers(case: Case, *, named: bool) -> dict[str, Any]:
    """Return who had read what was reported when it was: names for those who see it too, for others their number."""
    readers = [pk for pk in case.seen or [] if pk != case.author_id]
    people = list(User.objects.filter(pk__in=readers).order_by("name", "email")[:MOST_READERS]) if named else []
    return {
        "readers_known": case.seen is not None,
        "readers": [person.display_name for person in people],
        "more_readers": len(readers) - len(people),
    }


def _text(item: Item | None) -> str:
    if item is None:
        return ""
    name = item.payload.get("name", "")
    return f"{name}\n{item.text}".strip() if item.type != "message" else item.text


def _moderators() -> QuerySet[User]:
    may = Q(groups__permissions__codename="moderate") | Q(user_permissions__codename="moderate") | Q(is_superuser=True)
    return User.objects.filter(may, is_active=True, is_staff=True).distinct().order_by("name", "email")[:100]


@needs("conversations.moderate")
@require_POST
def act(request: StaffRequest, case_id: int) -> HttpResponse:
    """Do what leaves a case open: give it to somebody, note something, hide what was reported, show it again."""
    case, verb = _case(case_id), request.POST.get("verb", "")
    try:
        if verb == "assign":
            decisions.assign(case, actor=request.user, to=_moderator(request.POST.get("to", "")))
        elif verb == "note":
            decisions.note(case, actor=request.user, text=request.POST.get("text", ""))
        elif verb in {"hide", "show"}:
            (decisions.hide if verb == "hide" else decisions.show)(case, actor=request.user)
        else:
            raise Http404
    except Refused as error:
        messages.error(request, error.sentence)
    return redirect("admin:case", case.pk)


def _moderator(given: str) -> User | None:
    if not given:
        return None
    found = _moderators().model.objects.filter(pk=int(given)).first() if given.isdecimal() and len(given) < 19 else None
    if found is None or not found.has_perm("conversations.moderate"):
        raise Refused(_("Choose a moderator."), code="to")
    return found


@needs("conversations.moderate")
@require_POST
def decide(request: StaffRequest, case_id: int) -> HttpResponse:
    """Close a case. What is refused keeps the words that were written."""
    case, given = _case(case_id), request.POST
    days = given.get("days", "")
    try:
        decisions.decide(
            case,
            actor=request.user,
            decision=given.get("decision", ""),
            words=given.get("words", ""),
            days=int(days) if days.isdecimal() and len(days) < 6 else 0,
        )
    except Refused as error:
        messages.error(request, error.sentence)
        kept = {"words": given.get("words", ""), "chosen": given.get("decision", ""), "days": days}
        return _page(request, _case(case_id), {}, status=error.status, **kept)
    messages.success(request, _("Decided. Those concerned can read it under Reports."))
    return redirect("admin:moderation")


@needs("conversations.moderate")
@never_cache
@require_safe
def exhibit_file(request: StaffRequest, case_id: int, file_id: str) -> HttpResponseBase:
    """Answer a picture of an open case, and no other file; every other kind is only named."""
    case = _case(case_id)
    found = next((file for file in cases.files_of(case) if file.pk == file_id), None) if case.is_open else None
    if found is None or found.media_type not in SHOWN:
        raise Http404
    try:
        content = contents.opened(found.smaller or found)
    except (FileNotFoundError, Refused) as error:
        raise Http404 from error
    answer = FileResponse(content, content_type=found.media_type)
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


def _case(case_id: int) -> Case:
    rows = Case.objects.select_related(
        "conversation", "item__response__created_by", "item__author", "file", "author", "assigned_to", "decided_by"
    )
    case = rows.filter(pk=case_id).first() if case_id < 2**63 else None
    if case is None:
        raise Http404
    return case
