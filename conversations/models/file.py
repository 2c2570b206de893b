"""Bytes that belong to a conversation: uploads, partial images, results. Kept once per content."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import connection, models
from django.utils import timezone

from conversations.models.conversation import Conversation
from conversations.models.response import Response


def file_id() -> str:
    """A new id that nobody can guess."""
    return f"file_{secrets.token_hex(16)}"


def lock_content(sha256: str) -> None:
    """Let nobody else keep or drop the bytes of this content until the transaction ends (SQLite has one writer)."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int(sha256[:15], 16)])


class File(models.Model):
    class Purpose(models.TextChoices):
        UPLOAD = "upload"
        RESULT = "result"
        PARTIAL = "partial"

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
    provider_id = models.CharField(max_length=200, blank=True)
    provider_expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    purged_at = models.DateTimeField(null=True, blank=True, editable=False)
    """A rule took its bytes and its name; the row stays, because items refer to it."""

    class Meta:
        indexes = [models.Index(fields=["conversation", "-created_at", "-id"], name="newest_files")]

    def __str__(self) -> str:
        return self.name or self.id

    @property
    def storage_name(self) -> str:
        """Where the bytes lie in the storage: named by their content, never by what a person or model called them."""
        return f"blobs/{self.sha256[:2]}/{self.sha256}"
