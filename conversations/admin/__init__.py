"""What the administration shows: people, whom it manages, and the mirror, which it lists without its content."""

from conversations.admin import mirror, people

__all__ = ["mirror", "people"]
