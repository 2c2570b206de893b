"""The smaller copies of a picture's content: made apart from requests, kept beside it, gone with it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

SIDES = (320, 640, 1280)
"""Pixels of the longer side. The last copy is not larger than the picture, so it may have fewer."""
SHOWN_INLINE = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif"})
"""Raster images only: SVG, HTML and PDF can run script, so they are handed out as downloads."""
MOST_ATTEMPTS = 3
LEASE = timedelta(minutes=2)


def rendition_name(sha256: str, side: int) -> str:
    """Where a copy lies in the storage."""
    return f"renditions/{sha256[:2]}/{sha256}-{side}.webp"


class RenditionQuerySet(models.QuerySet["Rendition"]):
    def waiting(self) -> RenditionQuerySet:
        """What is to be made and that nobody makes at the moment, the oldest wish first."""
        free = Q(lease_until=None) | Q(lease_until__lt=Now())
        return self.filter(free, done_at=None).order_by("wanted_at")

    def want(self, digests: Iterable[str]) -> None:
        """Have copies made of these contents; of one that has some, or never will, nothing happens."""
        self.bulk_create([Rendition(sha256=digest) for digest in sorted(set(digests))], ignore_conflicts=True)


class Rendition(models.Model):
    sha256 = models.CharField(primary_key=True, max_length=64, editable=False)
    """Of the content. There is no key to a file, because several may have it."""
    sides = models.JSONField(default=list)
    """Of `SIDES`, those that were made. None where the content is no picture that is opened here."""
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    wanted_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True, blank=True)

    objects = RenditionQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["wanted_at"], name="waiting_renditions", condition=Q(done_at=None))]

    def __str__(self) -> str:
        return self.sha256

    @property
    def names(self) -> list[str]:
        """Where its copies lie, or may lie: one that is in the making is deleted with the others."""
        return [rendition_name(self.sha256, side) for side in SIDES]

    def side_for(self, wanted: int) -> int | None:
        """Return which copy to show to who wants so many pixels: the smallest that has them, or the largest."""
        return next((side for side in sorted(self.sides) if side >= wanted), max(self.sides, default=None))
