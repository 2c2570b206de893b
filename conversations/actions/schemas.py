"""What people do with the team's schemas: save, change, delete."""

from __future__ import annotations

from typing import Any

import msgspec
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from conversations.errors import Refused
from conversations.models import AnswerSchema, User
from conversations.models.fields import plain
from conversations.schemas import NAME, RESERVED, BadSchema, strict, unwrapped

MOST_TEXT = 500_000
"""Characters. The API takes fewer still."""
MOST_DESCRIBED = 500
MOST_SCHEMAS = 500
"""Of the whole team: they are a list to choose from."""


def save_schema(user: User, schema: AnswerSchema | None, *, name: str, description: str, text: str) -> AnswerSchema:
    """Save a new schema, or change `schema`; return it. Raise `Refused` with a sentence, whose code names the field."""
    if schema is not None and not schema.may_be_changed_by(user):
        raise _not_yours()
    name, description = plain(name).strip(), plain(description).strip()
    if not NAME.fullmatch(name) or name in RESERVED:
        raise Refused(_("A name has up to 64 letters, digits, “_” and “-”, and no blanks."), code="name")
    if len(description) > MOST_DESCRIBED:
        raise Refused(_("A description has at most 500 characters."), code="description")
    if schema is None and AnswerSchema.objects.count() >= MOST_SCHEMAS:
        raise Refused(_("The library is full. Delete a schema that nobody uses."), code="name")
    row = schema or AnswerSchema(author=user)
    row.name, row.description, row.schema, row.updated_at = name, description, read_schema(text), timezone.now()
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise Refused(_("There is a schema of this name already. Choose another name."), code="name") from error
    return row


def read_schema(text: str) -> dict[str, Any]:
    """Return the schema that a text holds, in the form of strict mode; raise `Refused` with a sentence."""
    if len(text) > MOST_TEXT:
        raise Refused(_("This schema is too long. Make it shorter."), code="schema", status=413)
    try:
        given = msgspec.json.decode(plain(text).encode())
    except msgspec.DecodeError as error:
        said = str(error).partition(": ")[2] or str(error)
        raise Refused(_("This is not JSON: %(said)s.") % {"said": said}, code="schema") from error
    except RecursionError as error:
        raise Refused(_("This is nested too deeply."), code="schema") from error
    try:
        return strict(unwrapped(given))
    except BadSchema as error:
        raise Refused(error.sentence, code="schema") from error


def delete_schema(user: User, schema: AnswerSchema) -> None:
    """Take a schema out of the library. Conversations that use it keep their copy."""
    if not schema.may_be_changed_by(user):
        raise _not_yours()
    schema.delete()


def _not_yours() -> Refused:
    return Refused(_("Only its author and administrators can change this schema."), code="not_yours", status=403)
