"""A conversation, its branches and its members."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from conversations.models.fields import EMPTY_OBJECT, VerbatimJSONField

if TYPE_CHECKING:
    from conversations.models.user import User


def conversation_id() -> str:
    """A new id in the form of the API's Conversations; nobody can guess one."""
    return f"conv_{secrets.token_hex(16)}"


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def visible_to(self, user: User) -> ConversationQuerySet:
        """What `user` may see: the conversations that they are a member of. This query is the authorisation."""
        return self.filter(memberships__user_id=user.pk, deleted_at=None)

    def open_to(self, user: User) -> ConversationQuerySet:
        """What `user` is not in and may join: the conversations of the whole team."""
        return self.filter(audience=Conversation.Audience.TEAM, deleted_at=None).exclude(memberships__user_id=user.pk)


class Conversation(models.Model):
    class Audience(models.TextChoices):
        MEMBERS = "members", _("Those who were invited")
        TEAM = "team", _("Everybody in the team")

    class Kind(models.TextChoices):
        CHAT = "", _("Chat")
        WORK = "work", _("Work of the studio")

    class State(models.TextChoices):
        DEFAULT = "", _("As the server says")
        STORED = "stored", _("Kept at the provider")
        MANUAL = "manual", _("Kept there, and sent again each time")
        STATELESS = "stateless", _("Kept here only")

    id = models.CharField(primary_key=True, max_length=64, default=conversation_id, editable=False)
    title = models.CharField(_("title"), max_length=200, blank=True)
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.CHAT, db_default="", blank=True)
    """Where it was begun, and so where a list leads to; a page of either kind shows it."""
    title_by_person = models.BooleanField(default=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    model = models.CharField(_("model"), max_length=120, blank=True)
    instructions = models.TextField(_("instructions"), blank=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.DEFAULT, blank=True)
    options = VerbatimJSONField(default=dict, db_default=EMPTY_OBJECT, blank=True)
    """What every turn asks for unless it asks otherwise, by the API's names: `temperature`, `reasoning`, `text`."""
    offered = VerbatimJSONField(default=dict, db_default=EMPTY_OBJECT, blank=True)
    """What people have switched on here: names of `functions`, ids of MCP `servers`."""
    metadata = VerbatimJSONField(default=dict, db_default=EMPTY_OBJECT, blank=True)
    """What programs note of it: up to sixteen short texts by their names."""
    audience = models.CharField(max_length=8, choices=Audience.choices, default="members", db_default="members")
    """Who may join without being invited."""
    audience_role = models.CharField(max_length=10, default="viewer", db_default="viewer")
    """The role of those who join."""
    branch = models.ForeignKey("Branch", models.SET_NULL, null=True, blank=True, related_name="+")
    folder = models.ForeignKey("Folder", models.SET_NULL, null=True, blank=True, related_name="conversations")
    """The shared folder that it lies in."""
    position = models.PositiveBigIntegerField(default=0, editable=False)
    """Of the newest fact. It only moves under this row's lock, so positions are gapless."""
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    activity_at = models.DateTimeField(default=timezone.now, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    several_write = models.BooleanField(default=False, db_default=False, editable=False)
    """Whether the model is told who says what."""
    temporary = models.BooleanField(default=False, db_default=False)
    """A class of its own for retention rules: meant to be gone soon."""

    persona = models.ForeignKey(
        "PersonaVersion", models.SET_NULL, null=True, blank=True, related_name="+", editable=False, db_index=False
    )
    """The version of the persona that it was begun with."""
    imported_as = models.CharField(max_length=64, blank=True, db_default="", editable=False)
    """The hash of what it was imported from: the same again is the same conversation."""

    left_out: Sequence[str] = ()
    """Options that a change of the model has just dropped; not a column."""

    objects = ConversationQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["deleted_at"], name="hidden", condition=Q(deleted_at__isnull=False)),
            models.Index(fields=["created_by", "imported_as"], name="imported", condition=~Q(imported_as="")),
            models.Index(fields=["-activity_at", "-id"], name="lobby", condition=Q(audience="team", deleted_at=None)),
        ]

    def __str__(self) -> str:
        return self.title or self.id

    @property
    def state_in_force(self) -> str:
        """The state that turns have: the conversation's own, unless it has none or the deployment allows none."""
        own = "" if settings.SALON_STATE_LOCKED else self.state
        return own or settings.SALON_STATE


class Branch(models.Model):
    """A line through the tree of responses: from the first response that left another line, to `head`."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="branches")
    head = models.ForeignKey("Response", models.SET_NULL, null=True, blank=True, related_name="+")
    name = models.CharField(max_length=80, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes = [models.Index(fields=["conversation", "-id"], name="branches_here")]

    def __str__(self) -> str:
        return self.name or f"Branch {self.pk}"


MOST_UNREAD = 100
"""Up to which unread messages are counted."""
UNREAD = f"""(
    SELECT COUNT(*) FROM (
        SELECT 1 FROM conversations_fact fact
        WHERE fact.conversation_id = conversations_membership.conversation_id AND fact.said
          AND fact.position > conversations_membership.read_position
          AND (fact.person_id IS NULL OR fact.person_id <> conversations_membership.user_id)
        LIMIT {MOST_UNREAD}
    ) AS unread
)"""  # noqa: S608  # a number of ours; querysets know no count with a limit


class MembershipQuerySet(models.QuerySet["Membership"]):
    def with_unread(self) -> MembershipQuerySet:
        """Let each know as `unread` how much others have said since its member read, `MOST_UNREAD` at most."""
        counted = RawSQL(UNREAD, [], output_field=models.IntegerField())  # noqa: S611
        return self.annotate(unread_count=counted)


class Membership(models.Model):
    """A person in a conversation, and the order that the conversation has in their list."""

    class Role(models.TextChoices):
        OWNER = "owner", _("Owner")
        EDITOR = "editor", _("Editor")
        COMMENTER = "commenter", _("Commenter")
        VIEWER = "viewer", _("Viewer")

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships", db_index=False)
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.EDITOR)
    by_group = models.BooleanField(default=False, db_default=False)
    """Whether they are here only as one of a group (`GroupAccess`)."""
    pinned_at = models.DateTimeField(null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    muted_at = models.DateTimeField(null=True, blank=True)
    """This member gets no notices of it."""
    folder = models.ForeignKey(
        "Folder", models.SET_NULL, null=True, blank=True, related_name="memberships", db_index=False
    )
    """The member's own folder that it lies in."""
    activity_at = models.DateTimeField(default=timezone.now)
    """The conversation's, kept here too: a list of ten thousand is then read from one index."""
    read_position = models.PositiveBigIntegerField(default=0, db_default=0, editable=False)
    """Of the last fact that the member was shown."""
    read_at = models.DateTimeField(null=True, blank=True, editable=False)
    """When `read_position` was moved: the member's other windows are told."""

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversation", "user"], name="one_membership_each")]
        indexes = [
            models.Index(fields=["user", "-activity_at", "-id"], name="recent", condition=Q(archived_at=None)),
            models.Index(fields=["user", "-pinned_at"], name="pinned", condition=Q(pinned_at__isnull=False)),
            models.Index(fields=["folder", "-activity_at", "-id"], name="filed", condition=Q(folder__isnull=False)),
            models.Index(
                fields=["user", "-activity_at", "-id"], name="archive", condition=Q(archived_at__isnull=False)
            ),
            models.Index(fields=["read_at"], name="read_lately"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.conversation_id}"

    @property
    def may_write(self) -> bool:
        return self.role in {self.Role.OWNER, self.Role.EDITOR}

    @property
    def may_note(self) -> bool:
        """Whether this member may write to the people of the conversation."""
        return self.role != self.Role.VIEWER

    @property
    def is_owner(self) -> bool:
        return self.role == self.Role.OWNER

    @property
    def unread(self) -> int:
        """What others said since this member read, as far as `with_unread` has counted it."""
        return getattr(self, "unread_count", 0)
