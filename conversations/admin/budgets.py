"""Budgets: how much may be used in a day or a month, and how much of it is used now."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import Group
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from conversations import budgets
from conversations.admin.pages import StaffRequest, needs, show
from conversations.models import Budget, Change, Key, Spending, User
from conversations.models.usage import MICROS

MOST = 10**12
MOST_SHOWN = 200


class BudgetForm(forms.Form):
    scope = forms.ChoiceField(label=gettext_lazy("For"), choices=Budget.Scope.choices)
    group = forms.ModelChoiceField(Group.objects.order_by("name"), label=gettext_lazy("Which group"), required=False)
    person = forms.EmailField(label=gettext_lazy("Which person, by email"), required=False)
    model = forms.CharField(label=gettext_lazy("Which model, by name"), required=False, max_length=120)
    key = forms.CharField(label=gettext_lazy("Which key, by its beginning"), required=False, max_length=20)
    amount = forms.DecimalField(
        label=gettext_lazy("At most"), min_value=0, max_value=MOST // MICROS * 1000, decimal_places=2
    )
    measure = forms.ChoiceField(label=gettext_lazy("Of"), choices=Budget.Measure.choices)
    period = forms.ChoiceField(label=gettext_lazy("In"), choices=Budget.Period.choices)
    warn_percent = forms.IntegerField(label=gettext_lazy("Warn at percent"), initial=80, min_value=1, max_value=100)

    def clean_person(self) -> User | None:
        email = self.cleaned_data["person"]
        person = User.objects.filter(email__iexact=email).first() if email else None
        if email and person is None:
            raise forms.ValidationError(_("Nobody here has this address."))
        return person

    def clean_key(self) -> Key | None:
        given = self.cleaned_data["key"].strip()
        found = list(Key.objects.alive().filter(prefix=given)[:2]) if given else []
        if given and len(found) != 1:
            raise forms.ValidationError(_("No key begins so, or several do. Copy what the list of keys shows."))
        return found[0] if found else None

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        scope = data.get("scope", "")
        if scope in {"group", "person", "model", "key"} and scope in data and not data[scope]:
            self.add_error(scope, _("Say which one."))
        amount = data.get("amount")
        if amount is not None and data.get("measure") != Budget.Measure.MONEY and amount != int(amount):
            self.add_error("amount", _("Only money has cents."))
        return data

    def budget(self, actor: User) -> Budget:
        """Return the budget, not yet saved."""
        data, scope = self.cleaned_data, self.cleaned_data["scope"]
        own = {scope: data[scope]} if scope in {"group", "person", "model", "key"} else {}
        money = data["measure"] == Budget.Measure.MONEY
        return Budget(
            scope=scope,
            measure=data["measure"],
            period=data["period"],
            amount=round(data["amount"] * MICROS) if money else int(data["amount"]),
            warn_percent=data["warn_percent"],
            created_by=actor,
            **own,
        )


@needs("conversations.view_budget")
@require_http_methods(["GET", "HEAD", "POST"])
def budget_list(request: StaffRequest) -> HttpResponse:
    """Show the budgets with what is used of them and, to who may, the form that makes one."""
    may_change = request.user.has_perm("conversations.change_budget")
    form = BudgetForm(request.POST or None)
    if form.is_bound and may_change and form.is_valid():
        budget = form.budget(request.user)
        budgets.change(budget, actor=request.user, before=None)
        messages.success(request, _("It counts from now on: %(budget)s.") % {"budget": budget})
        return redirect("admin:budgets")
    rows = list(
        Budget.objects.open().select_related("group", "person", "key", "created_by").order_by("-pk")[:MOST_SHOWN]
    )
    return show(
        request,
        "moderation/budgets.html",
        "usage",
        status=400 if form.is_bound else 200,
        form=form,
        rows=[_row(budget) for budget in rows],
        changes=Change.objects.filter(kind="budget").select_related("by").order_by("-pk")[:20],
        may_fill=may_change,
    )


def _row(budget: Budget) -> dict[str, Any]:
    now = Spending.objects.filter(budget=budget, since=budgets.starts(budget.period).date())
    if budget.scope == Budget.Scope.EACH:
        people = User.objects.in_bulk(list(now.order_by("-used").values_list("subject_id", flat=True)[:5]))
        most = [
            {"name": people[row.subject_id].display_name, **_stand(budget, row)}
            for row in now.order_by("-used")[:5]
            if row.subject_id in people
        ]
        return {"budget": budget, "each": most}
    return {"budget": budget, "each": None, **_stand(budget, now.first())}


def _stand(budget: Budget, spending: Spending | None) -> dict[str, Any]:
    used = spending.used + spending.reserved if spending is not None else 0
    near = spending is not None and budgets.is_near(budget, spending)
    percent = min(100, used * 100 // budget.amount) if budget.amount else 100
    return {"used": budget.said(used), "percent": percent, "near": near, "over": used >= budget.amount}


@needs("conversations.change_budget")
@require_POST
def change(request: StaffRequest, budget_id: int) -> HttpResponse:
    """End a budget, or set how much it allows."""
    budget = Budget.objects.open().filter(pk=budget_id).first() if budget_id < 2**63 else None
    verb, given = request.POST.get("verb", ""), request.POST.get("amount", "")
    if budget is None or verb not in {"end", "amount"}:
        raise Http404
    before = budgets.facts(budget)
    if verb == "end":
        budget.ended_at = timezone.now()
    else:
        field = BudgetForm.base_fields["amount"]
        try:
            amount = field.clean(given)
        except forms.ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return redirect("admin:budgets")
        budget.amount = round(amount * MICROS) if budget.measure == Budget.Measure.MONEY else int(amount)
    budgets.change(budget, actor=request.user, before=before)
    messages.success(
        request, _("It is ended.") if verb == "end" else _("It is changed: %(budget)s.") % {"budget": budget}
    )
    return redirect("admin:budgets")
