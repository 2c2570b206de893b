"""Finds whom a message or a note calls by name, and keeps it, so that they can be told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from conversations.models import Item, Mention, User
from conversations.notices import telling

MOST = 20
"""People that one message can mention: nobody calls a whole company with one line."""
MOST_SIGNS = 1000
LONGEST_NAME = 80
MODEL = "salon"
"""Calls the model, whoever else may be named so."""
AT = re.compile(r"(?<![\w@.+-])@(?=\S)")
"""The sign of a mention, not the one within an address."""


def store(item: Item) -> list[Mention]:
    """Keep whom an item, just stored in this transaction, mentions; return the rows, which stay with the item.

    Members of its conversation are mentioned, the author excepted. Who is named alike is mentioned together.
    """
    item.mentioned = []
    if AT.search(item.text):
        members = User.objects.filter(memberships__conversation=item.conversation_id, is_active=True)
        found = named_in(item.text, members.exclude(pk=item.author_id or 0).order_by("pk"))
        item.mentioned = [Mention(item=item, user=user, name=name) for user, name in found.items()]
        Mention.objects.bulk_create(item.mentioned)
        telling.mentioned(item, found)
    return item.mentioned


def people_of(item: Item) -> list[User]:
    """Return whom an item mentions, as far as they are still in its conversation: for those who send notices."""
    still = User.objects.filter(mentions__item=item, memberships__conversation=item.conversation_id, is_active=True)
    return list(still.order_by("mentions__pk"))


def named_in(text: str, people: Iterable[User]) -> dict[User, str]:
    """Return who of `people` stands in `text` behind an `@`, with the name as it is written there.

    The longest name that fits counts. The first word of a name will do where nobody else begins so.
    """
    names = _names(people)
    found: dict[User, str] = {}
    for name in _written(text, names):
        for user in names[name.casefold()]:
            if len(found) < MOST:
                found.setdefault(user, name)
    return found


def _names(people: Iterable[User]) -> dict[str, list[User]]:
    whole: dict[str, list[User]] = {}
    short: dict[str, list[User]] = {}
    for user in people:
        name = user.display_name.casefold()
        whole.setdefault(name, []).append(user)
        short.setdefault(name.split()[0] if name.split() else name, []).append(user)
    names = {word: users for word, users in short.items() if len(users) == 1} | whole
    names.pop(MODEL, None)
    return names


def _written(text: str, names: dict[str, list[User]]) -> Iterator[str]:
    """Yield each known name that stands behind an `@`."""
    for number, sign in enumerate(AT.finditer(text)):
        if number == MOST_SIGNS:
            return
        after = text[sign.end() : sign.end() + LONGEST_NAME + 1].partition("\n")[0]
        ends = [end for end in range(min(len(after), LONGEST_NAME), 0, -1) if not after[end : end + 1].isalnum()]
        name = next((after[:end] for end in ends if after[:end].casefold() in names), "")
        if name:
            yield name
