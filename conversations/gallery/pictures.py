"""The pictures that a person may see, the newest first: the query is the authorisation."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field

from django.core.exceptions import BadRequest
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from conversations.gallery.recipes import Recipe, recipes
from conversations.models import Board, Conversation, Favourite, File, Item, Response, User
from conversations.models.rendition import SHOWN_INLINE
from conversations.pictures import locked_of
from conversations.search.index import newest
from conversations.search.query import Query

PAGE = 48
COUNTED = 5_000
"""Pictures are counted up to here. Somebody who sees more has so many among the newest that these are gone through; of
somebody who sees fewer all are looked at."""
MOST_FOUND = 1_000
"""Answers with the words that were looked for, the newest."""
FEW_CONVERSATIONS = 300
MOST_PEOPLE = 50
CURSOR = re.compile(r"([0-9]{1,16})-(file_[0-9a-f]{32})")
EPOCH = dt.datetime.fromtimestamp(0, dt.UTC)
MADE, UPLOADED = "made", "uploaded"
PURPOSES = {MADE: File.Purpose.RESULT, UPLOADED: File.Purpose.UPLOAD}


@dataclass(frozen=True)
class Wanted:
    """What somebody looks for in the gallery."""

    kind: str = MADE
    query: Query = field(default_factory=Query)
    model: str = ""
    board: Board | None = None
    favourites: bool = False

    @property
    def narrows(self) -> bool:
        return bool(not self.query.is_empty or self.model or self.board or self.favourites)


@dataclass(frozen=True)
class Picture:
    file: File
    recipe: Recipe
    favourite: bool
    locked: File | None = None
    """As its original outside a mask."""

    @property
    def shown(self) -> File:
        """What people see of it, and take along."""
        return self.locked or self.file

    @property
    def title(self) -> str:
        """The name that somebody gave it, else its first words."""
        return self.file.name or self.recipe.title or self.file.conversation_title

    @property
    def step(self) -> int:
        """The proportion in tenths, as the classes of the wall have it."""
        return round(10 * min(2.8, max(0.5, (self.file.width or 1) / (self.file.height or 1))))


@dataclass(frozen=True)
class Page:
    pictures: list[Picture]
    more: str
    """Where the next page begins; empty at the end."""
    count: int
    whole: bool = True
    """Whether everything that has the words was looked at."""

    @property
    def many(self) -> bool:
        return self.count > COUNTED


def visible(user: User) -> QuerySet[File]:
    """Return the pictures that `user` may see: what was made, and what was sent into a conversation."""
    here = Conversation.objects.visible_to(user).filter(pk=OuterRef("conversation"))
    return shown().filter(Exists(here))


def shown() -> QuerySet[File]:
    """Return the pictures that are shown to anybody at all."""
    return File.objects.filter(media_type__in=SHOWN_INLINE, purged_at=None, hidden_at=None)


def page(user: User, wanted: Wanted, *, before: str = "") -> Page:
    """Return a page of what `user` may see and wants; `before` is where the page before ended. Raise `BadRequest`."""
    own = shown().filter(
        purpose=PURPOSES[wanted.kind], conversation__in=Conversation.objects.visible_to(user).values("pk")
    )
    narrowed, whole = _narrowed(own, user, wanted)
    count = narrowed.order_by()[: COUNTED + 1].count()
    if count > COUNTED:  # then the newest of all are gone through, along the index
        narrowed, whole = _narrowed(visible(user).filter(purpose=PURPOSES[wanted.kind]), user, wanted)
    if before:
        narrowed = narrowed.filter(_behind(before))
    files = list(narrowed.order_by("-created_at", "-id")[: PAGE + 1])
    more = cursor_of(files[PAGE - 1]) if len(files) > PAGE else ""
    return Page(described(user, files[:PAGE]), more, count, whole)


def described(user: User, files: list[File]) -> list[Picture]:
    """Return files with what made them, and whether `user` likes them."""
    titles = Conversation.objects.filter(pk__in={file.conversation_id for file in files}).values_list("pk", "title")
    known, made = dict(titles), recipes(files)
    liked = set(Favourite.objects.filter(user=user, file__in=files).values_list("file", flat=True))
    for file in files:
        file.conversation_title = known.get(file.conversation_id or "", "")
    locked = locked_of(files)
    return [Picture(file, made[file.pk], file.pk in liked, locked.get(file.pk)) for file in files]


def cursor_of(file: File) -> str:
    return f"{(file.created_at - EPOCH) // EPOCH.resolution}-{file.pk}"


def _behind(before: str) -> Q:
    found = CURSOR.fullmatch(before)
    if found is None:
        raise BadRequest("This page of the gallery does not exist.")
    moment = EPOCH + EPOCH.resolution * int(found[1])
    return Q(created_at__lte=moment) & (Q(created_at__lt=moment) | Q(pk__lt=found[2]))


def _narrowed(files: QuerySet[File], user: User, wanted: Wanted) -> tuple[QuerySet[File], bool]:
    query, whole = wanted.query, True
    if wanted.board is not None:
        files = files.filter(on_boards__board=wanted.board)
    if wanted.favourites:
        files = files.filter(favourites__user=user)
    if wanted.model:
        files = files.filter(response__model=wanted.model)
    for name in query.people:
        people = User.objects.filter(Q(name__icontains=name) | Q(email__istartswith=name)).values("pk")[:MOST_PEOPLE]
        ids = [person["pk"] for person in people]
        files = files.filter(response__created_by__in=ids) if wanted.kind == MADE else files.filter(owner__in=ids)
    if query.after:
        files = files.filter(created_at__gte=_midnight(query.after))
    if query.before:
        files = files.filter(created_at__lt=_midnight(query.before))
    if query.terms:
        if wanted.kind == UPLOADED:
            for words in query.terms:
                files = files.filter(name__icontains=" ".join(words))
        else:
            answers, whole = _answers(user, query)
            files = files.filter(response__in=answers)
    return files, whole


def _answers(user: User, query: Query) -> tuple[list[int], bool]:
    """Return the responses with pictures of which the prompt has these words, asked for or revised."""
    seen = Conversation.objects.visible_to(user)
    pictures = File.objects.filter(purpose=File.Purpose.RESULT)
    again = Response.objects.filter(input_from=OuterRef("response"))
    items = Item.objects.present().filter(
        Q(direction=Item.Direction.INPUT) | Q(type="image_generation_call"),
        Exists(pictures.filter(response=OuterRef("response"))) | Exists(again),
        response__deleted_at=None,
    )
    few = list(seen.values_list("pk", flat=True)[: FEW_CONVERSATIONS + 1])
    found, whole = newest(
        items.only("pk", "response_id"),
        query,
        visible=seen,
        limit=MOST_FOUND,
        below=None,
        conversations=few if len(few) <= FEW_CONVERSATIONS else None,
    )
    ids = {item.response_id for item in found if item.response_id is not None}
    ids |= set(Response.objects.filter(input_from__in=ids).values_list("pk", flat=True))
    return sorted(ids), whole and len(found) < MOST_FOUND


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min))
