"""What every new turn asks the database and writes, prepared."""

from __future__ import annotations

from conversations.models import Branch, Item, Membership, Response
from conversations.prepared import Given, Select, Update

_HEAD = (
    "conversation created_by branch status done_at deleted_at store endpoint calls "
    "provider_id provider_expires_at provider_deleted_at"
)
"""What a turn needs to know of the one before it."""
branch = Select(
    lambda: (
        Branch.objects.select_related("head")
        .only("conversation", *(f"head__{name}" for name in _HEAD.split()))
        .filter(pk=Given("branch"))
    )
)
sent = Select(
    # SQLite uses a partial index only where the query says its condition again
    lambda: Item.objects.filter(conversation=Given("conversation"), client_id=Given("client_id")).exclude(client_id="")
)
running = Select(
    lambda: Response.objects.running().filter(conversation=Given("conversation")).values_list("pk", flat=True)
)
move_head = Update(lambda: Branch.objects.filter(pk=Given("branch")), "head")
touch = Update(lambda: Membership.objects.filter(conversation=Given("conversation")), "activity_at", "archived_at")
