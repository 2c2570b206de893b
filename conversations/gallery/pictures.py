"""The pictures that a person may see, the newest first: the query is the authorisation."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field

from django.core.exceptions import BadRequest
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat
from django.utils import timezone

from conversations.gallery.recipes import Recipe, recipes
from conversations.models import Board, Conversation, Favourite, File, Item, Response, User
from conversations.models.rendition import SHOWN_INLINE
from conversations.pictures import locked_of
from conversations.search.excerpt import fits
from conversations.search.index import newest
from conversations.search.query import Query

PAGE = 48
COUNTED = 5_000
"""Pictures are counted up to here. Somebody who sees more has so many among the newest that these are gone through; of
somebody who sees fewer all are looked at."""
MOST_LOOKED_AT = {"sqlite": 5_000, "postgresql": 1_000}
"""Hits of everybody, the newest, that are gone through for those that are prompts. Each costs PostgreSQL ten times as
much, which makes its words anew."""
MOST_READ = 2_000
"""Pictures whose prompts are read where the index has too many hits that are none."""
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


def of_all(user: User) -> QuerySet[File]:
    """Return the pictures that `user` may see, each asked about by itself: for few pictures, or the newest of all."""
    here = Conversation.objects.visible_to(user).filter(pk=OuterRef("conversation"))
    return shown().filter(Exists(here))


def of_theirs(user: User) -> QuerySet[File]:
    """Return the same pictures, gone through by the conversations that `user` is in."""
    return shown().filter(conversation__in=Conversation.objects.visible_to(user).values("pk"))


def _of(files: QuerySet[File], purpose: File.Purpose) -> QuerySet[File]:
    """Compare the purpose as an expression: else SQLite would go through all people's pictures, along their index."""
    return files.annotate(of=Concat("purpose", Value(""))).filter(of=purpose.value)


def shown() -> QuerySet[File]:
    """Return the pictures that are shown to anybody at all."""
    return File.objects.filter(media_type__in=SHOWN_INLINE, purged_at=None, hidden_at=None)


def page(user: User, wanted: Wanted, *, before: str = "") -> Page:
    """Return a page of what `user` may see and wants; `before` is where the page before ended. Raise `BadRequest`."""
    purpose = PURPOSES[wanted.kind]
    few, whole = _few(user, wanted)
    found = _narrowed(_of(of_theirs(user) if few is None else of_all(user).filter(few), purpose), wanted)
    count = found.order_by()[: COUNTED + 1].count()
    if few is None and count > COUNTED:
        found = _narrowed(of_all(user).filter(purpose=purpose), wanted)
    if before:
        found = found.filter(_behind(before))
    files = list(found.order_by("-created_at", "-id")[: PAGE + 1])
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


def _few(user: User, wanted: Wanted) -> tuple[Q | None, bool]:
    """Return what picks out few pictures of all there are: a board, favourites, words; None where nothing does."""
    few, whole = Q(), True
    if wanted.board is not None:
        few &= Q(pk__in=wanted.board.pictures.values("file"))
    if wanted.favourites:
        few &= Q(pk__in=Favourite.objects.filter(user=user).values("file"))
    if wanted.query.terms and wanted.kind == MADE:
        answers, whole = _answers(user, wanted.query)
        few &= Q(response__in=answers)
    return few or None, whole


def _narrowed(files: QuerySet[File], wanted: Wanted) -> QuerySet[File]:
    query = wanted.query
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
    if wanted.kind == UPLOADED:
        for words in query.terms:
            files = files.filter(name__icontains=" ".join(words))
    return files


def _answers(user: User, query: Query) -> tuple[set[int], bool]:
    """Return responses of which the prompt has these words, asked for or revised; many have made no picture.

    Hits are gone through from the newest on; where too many of them are no prompts, as it is with words that everybody
    says, the prompts of the newest pictures are read as well. Whatever it finds, it asks as often.
    """
    seen = Conversation.objects.visible_to(user)
    few = list(seen.values_list("pk", flat=True)[: FEW_CONVERSATIONS + 1])
    most = MOST_LOOKED_AT[connection.vendor]
    found, whole = newest(
        _prompts().only("pk", "response_id"),
        query,
        visible=seen,
        limit=most + 1,
        below=None,
        conversations=few if len(few) <= FEW_CONVERSATIONS else None,
        batch=most,
        most=most,
    )
    ids = {item.response_id for item in found if item.response_id is not None}
    ids |= set(Response.objects.filter(input_from__in=ids).values_list("pk", flat=True))
    if not whole:
        hung = of_theirs(user) if len(few) <= FEW_CONVERSATIONS else of_all(user)
        ids |= _read(hung.filter(purpose=File.Purpose.RESULT), query)
    return ids, whole


def _prompts() -> QuerySet[Item]:
    """Return what can be a prompt: what was asked for, and what a model made of it."""
    return Item.objects.present().filter(
        Q(direction=Item.Direction.INPUT) | Q(type="image_generation_call"), response__deleted_at=None
    )


def _read(files: QuerySet[File], query: Query) -> set[int]:
    """Return the responses of the newest of these pictures whose prompts fit."""
    newest_ones = files.order_by("-created_at", "-id").values_list("response", "response__input_from")[:MOST_READ]
    owners: dict[int, set[int]] = {}
    for response, owner in newest_ones:
        for holder in filter(None, (response, owner)):
            owners.setdefault(holder, set()).add(response)
    texts = _prompts().filter(response__in=owners).exclude(text="").values_list("response", "text")
    return {response for owner, text in texts if fits(text, query) for response in owners[owner or 0]}


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min))
