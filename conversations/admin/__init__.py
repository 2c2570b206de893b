"""What the administration shows: people, keys and models, which it manages, and the mirror, without its content."""

from conversations.admin import catalog, keys, mirror, people

__all__ = ["catalog", "keys", "mirror", "people"]
