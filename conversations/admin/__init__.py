"""What the administration shows: people, groups, keys, models and tools, and the mirror, without its content."""

from conversations.admin import catalog, groups, keys, mirror, people, tools

__all__ = ["catalog", "groups", "keys", "mirror", "people", "tools"]
