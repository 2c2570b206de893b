"""Retention rules: the list, and the page where one is made with its consequence beside it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import Group
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from conversations.admin.pages import StaffRequest, needs, show
from conversations.errors import Refused
from conversations.models import Certificate, Conversation, Deletion, ProviderDeletion, RetentionRule, User
from conversations.models.retention import KIND_NAMES
from conversations.moderation import retention, rules
from conversations.moderation.retention import Preview, Rules

BAR, GAP, HEIGHT = 30, 46, 81
"""Of the chart, in its own units."""


class RuleForm(forms.Form):
    scope = forms.ChoiceField(label=_("Applies to"), choices=RetentionRule.Scope.choices)
    group = forms.ModelChoiceField(Group.objects.order_by("name"), label=_("Which group"), required=False)
    person = forms.EmailField(label=_("Which person, by email"), required=False)
    conversation = forms.CharField(label=_("Which conversation, by id"), required=False, max_length=64)
    kinds = forms.MultipleChoiceField(
        label=_("What"),
        required=False,
        choices=list(KIND_NAMES.items()),
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.IntegerField(
        label=_("Keep for days"),
        required=False,
        min_value=1,
        max_value=rules.MOST_DAYS,
        help_text=_("Counted from the last message, or from when a file came. Empty: for ever."),
    )
    floor_days = forms.IntegerField(label=_("Others at least"), required=False, min_value=1, max_value=rules.MOST_DAYS)
    ceiling_days = forms.IntegerField(label=_("Others at most"), required=False, min_value=1, max_value=rules.MOST_DAYS)

    def clean_person(self) -> User | None:
        email = self.cleaned_data["person"]
        person = User.objects.filter(email__iexact=email).first() if email else None
        if email and person is None:
            raise forms.ValidationError(_("Nobody here has this address."))
        return person

    def clean_conversation(self) -> Conversation | None:
        given = self.cleaned_data["conversation"].strip()
        found = Conversation.objects.filter(pk=given).first() if given and "\x00" not in given else None
        if given and found is None:
            raise forms.ValidationError(_("There is no conversation with this id."))
        return found


@needs("conversations.view_retentionrule")
@require_safe
def rule_list(request: StaffRequest) -> HttpResponse:
    """Show the rules in force, what waits, and those that ended."""
    now = timezone.now()
    rows = RetentionRule.objects.select_related("group", "person", "created_by", "confirmed_by")
    return show(
        request,
        "moderation/retention.html",
        "retention",
        in_force=rows.in_force(now).order_by("scope", "pk")[:200],
        waiting=rows.waiting(now).order_by("-pk")[:50],
        drafts=rows.filter(proposed_at=None, ended_at=None).order_by("-pk")[:20],
        ended=rows.filter(ended_at__lte=now).order_by("-ended_at")[:20],
        may_add=request.user.has_perm("conversations.add_retentionrule"),
        **last_purge(),
    )


def last_purge() -> dict[str, Any]:
    """Return what the status line says: the last purge, its certificate, and what waits at the provider."""
    return {
        "last": Deletion.objects.filter(state=Deletion.State.PURGED).order_by("-purged_at").first(),
        "certificates": Certificate.objects.count(),
        "at_provider": ProviderDeletion.objects.filter(state=ProviderDeletion.State.WAITING).count(),
    }


@needs("conversations.add_retentionrule")
@require_http_methods(["GET", "HEAD", "POST"])
def new_rule(request: StaffRequest) -> HttpResponse:
    """Ask for a rule and keep it as a draft, whose page shows what it would do."""
    form = RuleForm(request.POST or None, initial={"scope": "site", "kinds": ["messages"]})
    if form.is_bound and (rule := _drafted(request, form)):
        return redirect("admin:retention_rule", rule.pk)
    status = 400 if form.is_bound else 200
    return show(request, "moderation/rule.html", "retention", form=form, rule=None, status=status)


def _drafted(request: StaffRequest, form: RuleForm, rule: RetentionRule | None = None) -> RetentionRule | None:
    if not form.is_valid():
        return None
    try:
        return rules.draft(actor=request.user, rule=rule, **form.cleaned_data)
    except Refused as error:
        form.add_error(error.code if error.code in form.fields else None, error.sentence)
        return None


@needs("conversations.view_retentionrule")
@require_http_methods(["GET", "HEAD", "POST"])
def rule_page(request: StaffRequest, rule_id: int) -> HttpResponse:
    """Show a rule with the preview, counted now; a draft can be changed."""
    rule = _rule(rule_id)
    form = RuleForm(request.POST or None, initial=_initial(rule))
    may_change = rule.proposed_at is None and request.user.has_perm("conversations.add_retentionrule")
    if form.is_bound and may_change and _drafted(request, form, rule):
        return redirect("admin:retention_rule", rule.pk)
    alive = rule.status != RetentionRule.Status.ENDED
    shorter = alive and rules.is_shorter(rule)
    at = rule.in_force_at or timezone.now() + (rules.DELAY if shorter else dt.timedelta())
    asked = Rules(max(at, timezone.now()), draft=rule)
    promised = retention.preview(asked) if alive else None
    return show(
        request,
        "moderation/rule.html",
        "retention",
        status=400 if form.is_bound else 200,
        form=form,
        rule=rule,
        shorter=shorter,
        preview=promised,
        bars=_bars(promised) if promised else [],
        ladder=_ladder(asked, rule),
        others=_others(request.user),
        may_change=may_change,
        may_confirm=request.user.has_perm("conversations.confirm_retentionrule") and rule.created_by != request.user,
    )


def _rule(rule_id: int) -> RetentionRule:
    rows = RetentionRule.objects.select_related("group", "person", "conversation__created_by", "created_by", "replaces")
    rule = rows.filter(pk=rule_id).first() if rule_id < 2**63 else None
    if rule is None:
        raise Http404
    return rule


def _initial(rule: RetentionRule) -> dict[str, Any]:
    return {
        "scope": rule.scope,
        "group": rule.group_id,
        "person": rule.person.email if rule.person else "",
        "conversation": rule.conversation_id or "",
        "kinds": rule.kinds,
        "days": rule.days,
        "floor_days": rule.floor_days,
        "ceiling_days": rule.ceiling_days,
    }


def _bars(preview: Preview) -> list[dict[str, Any]]:
    """Return the columns of the chart, a month each."""
    most = preview.most or 1
    return [
        {
            "x": 8 + GAP * number,
            "middle": 8 + GAP * number + BAR // 2,
            "y": 104 - round(HEIGHT * count / most),
            "height": round(HEIGHT * count / most),
            "count": count,
            "month": month,
        }
        for number, (month, count) in enumerate(preview.months)
    ]


def _ladder(asked: Rules, rule: RetentionRule) -> list[dict[str, Any]]:
    kind = (rule.kinds or ["messages"])[0]
    steps = rules.ladder(asked, rule, kind)
    winning = next((scope for scope, found in reversed(steps) if found is not None), None)
    names = dict(RetentionRule.Scope.choices)
    return [
        {
            "label": found.target if found else names[scope],
            "term": found.term if found else _("no rule"),
            "wins": scope == winning,
        }
        for scope, found in steps
    ]


def _others(user: User) -> list[User]:
    """Return who could be the second person."""
    may = Q(groups__permissions__codename="confirm_retentionrule") | Q(
        user_permissions__codename="confirm_retentionrule"
    )
    people = User.objects.filter(may | Q(is_superuser=True), is_active=True, is_staff=True).exclude(pk=user.pk)
    return list(people.distinct().order_by("name", "email")[:5])


@needs("conversations.view_retentionrule")
@require_POST
def decide(request: StaffRequest, rule_id: int) -> HttpResponse:
    """Propose, confirm or stop a rule."""
    rule, verb = _rule(rule_id), request.POST.get("verb", "")
    permission = {"propose": "add_retentionrule", "confirm": "confirm_retentionrule", "stop": "confirm_retentionrule"}
    own = verb == "stop" and rule.created_by_id == request.user.pk
    if verb not in permission or not (own or request.user.has_perm(f"conversations.{permission[verb]}")):
        raise Http404
    try:
        if verb == "propose":
            rule = rules.propose(rule, actor=request.user, reason=request.POST.get("reason", ""))
        elif verb == "confirm":
            rule = rules.confirm(rule, actor=request.user)
        else:
            rules.stop(rule, actor=request.user)
            rule.refresh_from_db()
        messages.success(request, f"{rule.target}: {rule.status.label}.")
    except Refused as error:
        messages.error(request, error.sentence)
    return redirect("admin:retention_rule", rule.pk)
