"""What the administration shows: people, groups, keys and models, and the mirror, without its content."""

from conversations.admin import catalog, groups, keys, mirror, people

__all__ = ["catalog", "groups", "keys", "mirror", "people"]
