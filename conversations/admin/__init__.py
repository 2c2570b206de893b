"""What the administration shows: people and models, whom it manages, and the mirror, which it lists without content."""

from conversations.admin import catalog, mirror, people

__all__ = ["catalog", "mirror", "people"]
