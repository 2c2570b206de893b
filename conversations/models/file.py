"""Bytes that belong to a conversation: uploads, partial images, results. Kept once per content."""

from __future__ import annotations

import secrets
from typing import Any

from django.conf import settings
from django.db import connection, models
from django.db.models import Q
from django.utils import timezone

from conversations.models.conversation import Conversation
from conversations.models.fields import VerbatimJSONField
from conversations.models.rendition import SHOWN_INLINE
from conversations.models.response import Response


def file_id() -> str:
    """A new id that nobody can guess."""
    return f"file_{secrets.token_hex(16)}"


def lock_content(sha256: str) -> None:
    """Let nobody else keep or drop the bytes of this content until the transaction ends (SQLite has one writer)."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int(sha256[:15], 16)])


class FileQuerySet(models.QuerySet["File"]):
    def unattached(self) -> FileQuerySet:
        """Uploads that no message has carried into a conversation: each is its uploader's alone."""
        return self.filter(conversation=None, purpose=File.Purpose.UPLOAD)

    def of_programs(self) -> FileQuerySet:
        """Files that programs have uploaded: kept as they came, their owner's alone, until deleted or expired."""
        return self.filter(purpose=File.Purpose.PROGRAM)

    def unexpired(self) -> FileQuerySet:
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()))


class File(models.Model):
    class Purpose(models.TextChoices):
        UPLOAD = "upload"
        RESULT = "result"
        PARTIAL = "partial"
        PREVIEW = "preview"
        PROGRAM = "program"
        IMPORT = "import"
        LOCKED = "locked"
        HEAT = "heat"
        RECORDING = "recording"

    id = models.CharField(primary_key=True, max_length=64, default=file_id, editable=False)
    conversation = models.ForeignKey(Conversation, models.CASCADE, null=True, blank=True, related_name="files")
    response = models.ForeignKey(Response, models.CASCADE, null=True, blank=True, related_name="files")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    name = models.CharField(max_length=255, blank=True)
    media_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64, db_index=True)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    pages = models.PositiveIntegerField(null=True, blank=True)
    preview_of = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="previews")
    """The picture that this is a smaller copy of, or was made from by the pixel lock: it goes with it."""
    provider_id = models.CharField(max_length=200, blank=True)
    provider_expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    api_purpose = models.CharField(max_length=20, blank=True, db_default="")
    """What a program uploaded it for, in the API's words; empty for every other file."""
    expires_at = models.DateTimeField(null=True, blank=True)
    purged_at = models.DateTimeField(null=True, blank=True, editable=False)
    """A rule took its bytes and its name; the row stays, because items refer to it."""

    hidden_at = models.DateTimeField(null=True, blank=True, editable=False)
    """When a moderator hid what it stands in."""

    made_with = VerbatimJSONField(null=True, blank=True, editable=False)
    """Of an uploaded picture, what its own metadata claimed: prompt, model, parameters. Nobody vouches for it."""

    number = models.PositiveIntegerField(null=True, blank=True, editable=False)
    """Of a picture that a model made: the how many-eth of its conversation. It keeps it when others are deleted."""

    moving = False
    """Whether the picture moved when it was uploaded: its first frame was kept. Not a column."""

    conversation_title = ""
    """Of its conversation, where it is known without asking. Not a column."""

    objects = FileQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["conversation", "-created_at", "-id"], name="newest_files"),
            models.Index(
                fields=["owner", "created_at"],
                name="unattached_files",
                condition=Q(conversation=None, purpose="upload"),
            ),
            models.Index(
                fields=["owner", "-created_at", "-id"], name="files_of_programs", condition=Q(purpose="program")
            ),
            models.Index(fields=["purpose", "-created_at", "-id"], name="newest_of_purpose"),
            models.Index(fields=["expires_at"], name="expiring_files", condition=Q(expires_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.name or self.id

    @property
    def storage_name(self) -> str:
        """Where the bytes lie in the storage: named by their content, never by what a person or model called them."""
        return f"blobs/{self.sha256[:2]}/{self.sha256}"

    @property
    def is_picture(self) -> bool:
        """Whether people look at it, in smaller copies: uploads and results, not what is small already or passing."""
        lasting = {self.Purpose.UPLOAD, self.Purpose.RESULT, self.Purpose.LOCKED}
        return self.media_type in SHOWN_INLINE and self.purpose in lasting

    @property
    def smaller(self) -> File | None:
        return self.previews.filter(purpose=self.Purpose.PREVIEW).first()

    @property
    def reference(self) -> dict[str, Any]:
        """What stands for the bytes in an item that is kept, with all that a page needs to show of them."""
        known = {"width": self.width, "height": self.height, "pages": self.pages, "name": self.name, "size": self.size}
        return {"$file": self.pk, **{name: value for name, value in known.items() if value}}


class ProviderFile(models.Model):
    """A content that a provider was given, under the id that it has there."""

    endpoint = models.CharField(max_length=300)
    sha256 = models.CharField(max_length=64)
    provider_id = models.CharField(max_length=200)
    expires_at = models.DateTimeField(null=True, blank=True)
    """When the provider deletes it by itself; None where it does not."""
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["endpoint", "sha256"], name="given_once")]
        indexes = [models.Index(fields=["sha256"], name="given_content")]

    def __str__(self) -> str:
        return self.provider_id


class InputWay(models.Model):
    """How a provider takes a kind of file, where it was found not to take the usual way."""

    class Way(models.TextChoices):
        FILE_ID = "file_id"
        DATA = "data"
        TEXT = "text"

    endpoint = models.CharField(max_length=300)
    kind = models.CharField(max_length=10)
    """`picture`, `pdf`, `text`."""
    way = models.CharField(max_length=10, choices=Way.choices)
    noticed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["endpoint", "kind"], name="one_way")]

    def __str__(self) -> str:
        return f"{self.kind} as {self.way}"
