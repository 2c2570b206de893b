"""What is done with people's accounts."""

import structlog
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email
from django.db import transaction

from conversations.models import User
from conversations.models.audit import record

log = structlog.get_logger(__name__)


def create_first_administrator_from_environment() -> User | None:
    """Make the administrator that DJANGO_SUPERUSER_EMAIL and _PASSWORD name, when there is nobody yet.

    Return the person, or None where nothing was to be made. Safe when several processes start together. Raise
    ImproperlyConfigured with one sentence when only one of the two is set, or the address is none.
    """
    email, password = settings.DJANGO_SUPERUSER_EMAIL, settings.DJANGO_SUPERUSER_PASSWORD
    if not (email or password) or User.objects.exists():
        return None
    if not (email and password):
        missing = "DJANGO_SUPERUSER_PASSWORD" if email else "DJANGO_SUPERUSER_EMAIL"
        raise ImproperlyConfigured(f"{missing} is not set: set both for the first administrator, or neither.")
    try:
        validate_email(email)
    except ValidationError as error:
        raise ImproperlyConfigured("DJANGO_SUPERUSER_EMAIL is no e-mail address: correct it.") from error
    return create_first_administrator(email=email, password=password)


def create_first_administrator(*, email: str, password: str, name: str = "") -> User | None:
    """Create the first administrator, or return None when there is a person already."""
    with transaction.atomic():
        # This row is the lock: of two that are first, one waits here and then finds the other
        ContentType.objects.select_for_update().get(app_label="conversations", model="user")
        if User.objects.exists():
            return None
        user = User.objects.create_superuser(email, password, name=name)
        record("user.create", actor=None, object=user, details={"changed": ["is_staff", "is_superuser"]})
    log.info("first_administrator_made", user=user.pk)
    return user
