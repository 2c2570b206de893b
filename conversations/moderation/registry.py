"""Everything that is made from what people and models say, and how each of it goes.

Every table and every storage prefix stands in exactly one of these lists; a test fails for one that does not. `CONTENT`
is in the order of purging: who refers to a row goes before it.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.apps import apps
from django.db.models import F, Model, OrderBy, QuerySet


@dataclass(frozen=True)
class Derived:
    """Rows that belong to a conversation: the lookup that leads to it, and what people call them."""

    label: str
    conversation: str
    kind: str
    weight: str = ""
    """The column that may be large: so much of it is deleted at once that nobody waits for long."""
    order: tuple[str | OrderBy, ...] = ("-pk",)
    """Newest first, along an index, so that no batch sorts what is left."""

    @property
    def model(self) -> type[Model]:
        return apps.get_model(self.label)

    def rows(self, conversation_id: str) -> QuerySet[Model]:
        """Return the rows of a conversation, those first to which none of the others refers."""
        rows: QuerySet[Model] = self.model._default_manager.filter(**{self.conversation: conversation_id})
        return rows.order_by(*self.order)


LATEST_TURN = F("previous_response").desc(nulls_last=True)
CONTENT = [
    Derived("conversations.StreamChunk", "response__conversation", "stream_chunks", "events", ()),
    Derived("conversations.Fact", "conversation", "facts", order=("-position",)),
    Derived("conversations.Reaction", "conversation", "reactions"),
    Derived("conversations.Bookmark", "conversation", "bookmarks"),
    Derived("conversations.Approval", "conversation", "approvals"),
    Derived("conversations.Reservation", "response__conversation", "reservations"),
    Derived("conversations.Report", "case__conversation", "reports"),
    Derived("conversations.CaseNote", "case__conversation", "case_notes"),
    Derived("conversations.Case", "conversation", "cases"),
    Derived("conversations.ToolCall", "conversation", "tool_calls"),
    Derived("conversations.Notice", "conversation", "notices"),
    Derived("conversations.Mention", "item__conversation", "mentions"),
    Derived("conversations.Item", "conversation", "items", "payload"),
    Derived("conversations.Favourite", "file__conversation", "favourites"),
    Derived("conversations.PixelLock", "response__conversation", "pixel_locks"),
    Derived("conversations.BoardPicture", "file__conversation", "board_pictures"),
    Derived("conversations.File", "conversation", "files"),
    Derived("conversations.Share", "conversation", "shares"),
    Derived("conversations.Response", "conversation", "responses", "final", (LATEST_TURN, "-pk")),
    Derived("conversations.Branch", "conversation", "branches"),
    Derived("conversations.RetentionRule", "conversation", "rules"),
    Derived("conversations.Tag", "conversation", "tags"),
    Derived("conversations.AccountInvitation", "conversation", "account_invitations"),
    Derived("conversations.GroupAccess", "conversation", "group_access"),
    Derived("conversations.Invitation", "conversation", "invitations"),
    Derived("conversations.Membership", "conversation", "memberships"),
    Derived("conversations.Conversation", "pk", "conversations"),
]

KEPT = {
    "conversations.AuditEntry": "names and ids, always kept",
    "conversations.Chain": "positions and seals",
    "conversations.Deletion": "ids, counts and times: the tombstone of what went",
    "conversations.ProviderDeletion": "ids at the provider, until it has deleted them",
    "conversations.Certificate": "counts and times: the proof",
    "conversations.LegalHold": "an administrator's words about a matter",
    "conversations.HoldTarget": "ids of what a matter holds",
    "conversations.ProviderFile": "ids at the provider of contents that are here; it goes with them, into the outbox",
    "conversations.Rendition": "which smaller copies a content has; it goes with the content",
    "conversations.Prompt": "the team's prompts, in no conversation",
    "conversations.PromptVersion": "what they said before",
    "conversations.Persona": "the team's personas, in no conversation",
    "conversations.PersonaVersion": "what they said before, which conversations name",
    "conversations.AnswerSchema": "the team's forms of answers, in no conversation",
    "conversations.InputWay": "how a provider takes files",
    "conversations.CatalogEntry": "facts about models",
    "conversations.RefusedParameter": "names of what a model does not take",
    "conversations.FunctionTool": "what an administrator says of a tool",
    "conversations.McpServer": "where a server is; its secrets are sealed",
    "conversations.McpTool": "what a server says of its tools",
    "conversations.Usage": "numbers by day, person, model and key",
    "conversations.Budget": "how much may be used",
    "conversations.Spending": "how much of it is used",
    "conversations.DataRequest": "who asked for whose data, and an officer's reason",
    "conversations.Sanction": "whose account was closed, and until when",
    "conversations.VectorStore": "the id of documents at the provider, which an operator keeps there",
    "conversations.Setting": "what administrators set for everybody",
    "conversations.Change": "what administrators set before: their words, never secrets",
    "conversations.Reading": "who read what by breaking the glass, and an administrator's reason",
    "socialaccount.SocialApp": "allauth's own; nothing is kept in it, providers are settings",
    "socialaccount.SocialToken": "allauth's own; nothing is kept in it, tokens are forgotten",
    "auth.Group": "names of groups",
    "auth.Permission": "Django's own",
    "contenttypes.ContentType": "Django's own",
    "procrastinate.ProcrastinateWorker": "a process and its heartbeat",
    "procrastinate.ProcrastinatePeriodicDefer": "times of periodic jobs",
}
"""Tables without anything that was said; the reason stands beside each."""

INDEXES = {
    "conversations_search": "words of items: triggers mark them as deleted, and after a purge it is written anew",
}
"""Tables that the database keeps by itself, with what it puts beside them -> how what was said leaves them."""

OF_A_PERSON = {
    "conversations.User": "the account",
    "conversations.Folder": "a name, in which the person orders conversations",
    "account.EmailAddress": "its addresses",
    "account.EmailConfirmation": "letters to them",
    "mfa.Authenticator": "their second factors: the app's secret is sealed, a passkey's half is public",
    "usersessions.UserSession": "where they are signed in: browser, address, last use",
    "conversations.PushSubscription": "the address of a browser that wants to be told, and keys to seal for it",
    "socialaccount.SocialAccount": "who they are at the company's provider",
    "conversations.Board": "a name for pictures that belong together",
    "conversations.Import": "what they brought in and what came of it: gone after a week",
    "conversations.Key": "keys of the gateway: what is kept of one opens nothing",
    "admin.LogEntry": "names of changed fields of accounts",
    "sessions.Session": "who is signed in where: ends with the session",
}
"""What belongs to a person's account, and goes with it."""

PASSING = {
    "conversations.IdempotencyKey": "the id of what was made, for a day",
    "procrastinate.ProcrastinateJob": "its arguments are ids of responses; deleted when it ends",
    "procrastinate.ProcrastinateEvent": "goes with its job",
}
"""What is gone within a day by itself."""

STORAGE = {
    "blobs/": "bytes of files, kept once per content: they go with the last file that has them",
    "renditions/": "smaller copies of pictures, named by their content: they go with it",
    "avatars/": "a person's picture: goes when it is replaced, and with the account",
    "health/": "written and deleted by the check of readiness",
}
"""Prefix -> what lies there, and how it goes."""
WRITES_TO_STORAGE = {
    "conversations/turns/blobs.py": "blobs/",
    "conversations/contents.py": "blobs/",
    "conversations/renditions.py": "renditions/",
    "conversations/models/user.py": "avatars/",
    "conversations/views/people.py": "avatars/",
    "webapp/health.py": "health/",
}
"""File of ours that writes to the storage -> the prefix that it writes below."""
