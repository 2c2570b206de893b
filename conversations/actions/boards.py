"""What people put together in the gallery: boards of pictures, and favourites."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from conversations.errors import Refused
from conversations.models import Board, BoardPicture, Favourite, File, User
from conversations.models.board import LONGEST_NAME
from conversations.models.fields import plain

MOST_BOARDS = 200
"""Of one person."""
MOST_PICTURES = 5_000
"""On one board."""


def make(user: User, name: str, *, shared: bool) -> Board:
    """Return a new board of `user`'s. Raise `Refused` for a name that is none."""
    if user.boards.count() >= MOST_BOARDS:
        raise Refused(f"You have {MOST_BOARDS} boards, which is the most. Delete one first.", code="boards")
    return Board.objects.create(owner=user, name=_name(name), shared=shared)


def change(user: User, board: Board, name: str, *, shared: bool) -> None:
    """Rename a board, and open it to the team or not. Raise `Refused`."""
    _require_owner(user, board)
    board.name, board.shared = _name(name), shared
    board.save(update_fields=["name", "shared"])


def delete(user: User, board: Board) -> None:
    """Delete a board; its pictures stay where they are. Raise `Refused`."""
    _require_owner(user, board)
    board.delete()


def put(user: User, board: Board, files: Sequence[File]) -> int:
    """Put pictures that `user` may see on a board that they may see; return how many were not on it."""
    with transaction.atomic():
        board = Board.objects.select_for_update().get(pk=board.pk)
        there = set(board.pictures.values_list("file", flat=True))
        new = [file for file in files if file.pk not in there]
        if len(there) + len(new) > MOST_PICTURES:
            raise Refused(f"A board holds at most {MOST_PICTURES:,} pictures. Begin another one.", code="full")
        BoardPicture.objects.bulk_create(
            [BoardPicture(board=board, file=file, added_by=user) for file in new], ignore_conflicts=True
        )
    return len(new)


def take(board: Board, files: Sequence[File]) -> None:
    """Take pictures from a board that the caller may see."""
    board.pictures.filter(file__in=files).delete()


def like(user: User, file: File, *, on: bool) -> None:
    """Have a picture among `user`'s favourites, or not any more."""
    if on:
        Favourite.objects.get_or_create(user=user, file=file)
    else:
        Favourite.objects.filter(user=user, file=file).delete()


def _require_owner(user: User, board: Board) -> None:
    if board.owner_id != user.pk:
        raise Refused("Only who made a board can change or delete it.", code="not_yours", status=403)


def _name(given: str) -> str:
    name = " ".join(plain(given).split())
    if not name or len(name) > LONGEST_NAME:
        raise Refused(f"A board has a name of up to {LONGEST_NAME} characters.", code="name")
    return name
