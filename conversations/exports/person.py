"""Everything that is kept of one person, as a zip that is sent while it is made.

`person.json` is the account and what hangs on it, `written.jsonl` what they wrote in the conversations of others.
Their own conversations stand each in a folder, as they are exported singly. The manifest comes last, with the hashes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.utils import timezone

from conversations.exports.archive import MANIFEST, Archive, encoded
from conversations.models import (
    Bookmark,
    Case,
    Conversation,
    File,
    Folder,
    Item,
    Key,
    Membership,
    Reaction,
    Report,
    Sanction,
    Usage,
    User,
)
from conversations.models.audit import sealed

FORMAT = "salon.person"
VERSION = 1
PIECE = 200


def person_archive(user: User) -> Iterator[bytes]:
    """Yield the pieces of the archive. Memory does not grow with how much there is."""
    made, hashes = Archive(), {}
    account = encoded(_account(user))
    hashes["person.json"] = hashlib.sha256(account).hexdigest()
    yield from made.entry("person.json", iter([account]))
    digest = hashlib.sha256()
    yield from made.entry("written.jsonl", _hashed(_written(user), digest))
    hashes["written.jsonl"] = digest.hexdigest()
    own = Conversation.objects.filter(memberships__user=user, memberships__role="owner", deleted_at=None)
    for conversation in own.order_by("pk").iterator(chunk_size=PIECE):
        yield from made.conversation(conversation, folder=f"conversations/{conversation.pk}/")
    missing: list[str] = []
    known: set[str] = set()
    for file in File.objects.filter(owner=user, conversation=None, purged_at=None).exclude(sha256="").order_by("pk"):
        if file.sha256 not in known:
            known.add(file.sha256)
            yield from made.content(file, "", missing)
    made.note(MANIFEST, _manifest(hashes, sorted(known), missing))
    yield from made.end()


def _hashed(lines: Iterator[bytes], digest: Any) -> Iterator[bytes]:
    for line in lines:
        digest.update(line)
        yield line


def _written(user: User) -> Iterator[bytes]:
    """Yield what the person wrote in conversations that they do not own, also where they are no member any more."""
    rows = Item.objects.filter(author=user, deleted_at=None, conversation__deleted_at=None)
    rows = rows.exclude(conversation__memberships__in=Membership.objects.filter(user=user, role="owner"))
    last = 0
    while items := list(rows.filter(pk__gt=last).order_by("pk")[:PIECE]):
        last = items[-1].pk
        for item in items:
            said = {"conversation": item.conversation_id, "at": item.created_at.isoformat(), "kind": item.direction}
            yield encoded({**said, "payload": item.payload}) + b"\n"


def _account(user: User) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": VERSION,
        "account": {
            "id": user.pk,
            "email": user.email,
            "name": user.name,
            "language": user.language,
            "theme": user.theme,
            "joined": user.date_joined,
            "last_sign_in": user.last_login,
            "groups": list(user.groups.values_list("name", flat=True)),
            "addresses": list(EmailAddress.objects.filter(user=user).values("email", "verified", "primary")),
            "company_accounts": list(SocialAccount.objects.filter(user=user).values("provider", "uid")),
        },
        "keys": list(Key.objects.filter(user=user).values("name", "prefix", "scope", "created_at", "revoked_at")),
        "memberships": list(Membership.objects.filter(user=user).values("conversation", "role")),
        "folders": list(Folder.objects.filter(owner=user).values("name", "shared", "created_at")),
        "bookmarks": list(Bookmark.objects.filter(user=user).values("conversation", "item", "response", "created_at")),
        "reactions": list(
            Reaction.objects.filter(user=user, removed_at=None).values(
                "conversation", "item", "response", "emoji", "created_at"
            )
        ),
        "usage": list(
            Usage.objects.filter(user=user).values(
                "day", "model", "requests", "input_tokens", "output_tokens", "images", "micros"
            )
        ),
        "reports": list(Report.objects.filter(reporter=user).values("reason", "comment", "created_at")),
        "decisions": list(
            Case.objects.filter(author=user, closed_at__isnull=False).values("kind", "decision", "words", "closed_at")
        ),
        "suspensions": list(Sanction.objects.filter(user=user).values("began_at", "until", "ended_at")),
    }


def _manifest(hashes: dict[str, str], files: list[str], missing: list[str]) -> dict[str, Any]:
    whole = hashlib.sha256("".join(f"{name}:{value}\n" for name, value in sorted(hashes.items())).encode()).hexdigest()
    return {
        "format": FORMAT,
        "version": VERSION,
        "exported_at": timezone.now().isoformat(),
        "sha256": hashes,
        "files": files,
        "missing_files": missing,
        "seal": sealed(whole, purpose="export"),
    }
