"""What happens with people: the first administrator."""

from __future__ import annotations

from django.db import transaction

from conversations.models import User
from webapp import env


def create_first_administrator_from_environment() -> User | None:
    """Make the administrator that DJANGO_SUPERUSER_EMAIL and _PASSWORD name, when there is nobody yet."""
    email, password = env.text("DJANGO_SUPERUSER_EMAIL"), env.text("DJANGO_SUPERUSER_PASSWORD")
    if not email or not password:
        return None
    with transaction.atomic():
        if User.objects.exists():
            return None
        return User.objects.create_superuser(email, password, name=env.text("DJANGO_SUPERUSER_USERNAME"))
