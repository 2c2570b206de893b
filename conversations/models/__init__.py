from conversations.models.catalog import CatalogEntry, RefusedParameter
from conversations.models.conversation import Branch, Conversation, Membership
from conversations.models.file import File
from conversations.models.idempotency import IdempotencyKey
from conversations.models.item import Item
from conversations.models.key import Key
from conversations.models.log import Fact, StreamChunk
from conversations.models.response import Response
from conversations.models.user import User

__all__ = [
    "Branch",
    "CatalogEntry",
    "Conversation",
    "Fact",
    "File",
    "IdempotencyKey",
    "Item",
    "Key",
    "Membership",
    "RefusedParameter",
    "Response",
    "StreamChunk",
    "User",
]
