"""What the administration shows: people and their keys, which it manages, and the mirror, without its content."""

from conversations.admin import keys, mirror, people

__all__ = ["keys", "mirror", "people"]
