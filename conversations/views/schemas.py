"""The team's library of schemas that answers are asked for in."""

from __future__ import annotations

import json

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from conversations import access
from conversations.actions import schemas
from conversations.errors import NotFound, Refused
from conversations.forms import SchemaForm
from conversations.models import AnswerSchema
from conversations.views.json import SignedInRequest

EXAMPLE = {
    "type": "object",
    "properties": {
        "lamps": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "height_cm": {"type": "number"},
                    "shade": {"type": "string", "enum": ["green", "ivory", "red"]},
                },
            },
        },
        "remark": {"type": ["string", "null"]},
    },
}
"""What a new schema begins as: a table with a remark."""


@require_safe
@login_required
def listing(request: SignedInRequest) -> HttpResponse:
    rows = AnswerSchema.objects.select_related("author").defer("schema")
    return render(request, "schemas/list.html", {"schemas": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new(request: SignedInRequest) -> HttpResponse:
    form = SchemaForm(request.POST or None, initial={"schema": json.dumps(EXAMPLE, indent=2)})
    return _edited(request, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def change(request: SignedInRequest, schema_id: int) -> HttpResponse:
    schema = _schema(schema_id)
    written = json.dumps(schema.schema, indent=2, ensure_ascii=False)
    initial = {"name": schema.name, "description": schema.description, "schema": written}
    return _edited(request, SchemaForm(request.POST or None, initial=initial), schema)


@require_POST
@login_required
def delete(request: SignedInRequest, schema_id: int) -> HttpResponse:
    schema = _schema(schema_id)
    try:
        schemas.delete_schema(request.user, schema)
    except Refused as error:
        raise PermissionDenied(error.sentence) from error
    messages.success(request, _("“%(name)s” is deleted. Conversations that use it keep their copy.") % {"name": schema})
    return redirect("schemas")


def _edited(request: SignedInRequest, form: SchemaForm, schema: AnswerSchema | None) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            saved = schemas.save_schema(
                request.user,
                schema,
                name=values["name"],
                description=values["description"],
                text=values["schema"],
            )
        except Refused as error:
            if error.status == 403:
                raise PermissionDenied(error.sentence) from error
            form.add_error(error.code if error.code in form.fields else None, error.sentence)
        else:
            messages.success(request, _("“%(name)s” is saved.") % {"name": saved})
            return redirect("schemas")
    context = {"form": form, "schema": schema, "may_change": schema is None or schema.may_be_changed_by(request.user)}
    return render(request, "schemas/schema.html", context, status=400 if form.is_bound else 200)


def _schema(schema_id: int) -> AnswerSchema:
    try:
        return access.schema(schema_id)
    except NotFound as error:
        raise Http404 from error
