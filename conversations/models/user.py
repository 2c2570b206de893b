"""People."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from conversations.models.fields import EMPTY_OBJECT, VerbatimJSONField
from conversations.prepared import Given, Select

_user = Select(lambda: User.objects.filter(pk=Given("pk")))


class UserManager(BaseUserManager["User"]):
    def get(self, *conditions: Any, **lookups: Any) -> User:
        if not conditions and lookups.keys() == {"pk"}:  # as every request asks who it is
            user = _user.first(pk=self.model._meta.pk.to_python(lookups["pk"]))
            if user is None:
                raise self.model.DoesNotExist
            return user
        return super().get(*conditions, **lookups)

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create a person. `email` is their sign-in; without `password` they cannot sign in by one."""
        if not email:
            raise ValueError("A person needs an e-mail address.")
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    class Theme(models.TextChoices):
        SYSTEM = "system", _("As the device")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    email = models.EmailField(_("email"), max_length=254, unique=True)
    name = models.CharField(_("name"), max_length=80, blank=True)
    avatar = models.ImageField(_("picture"), upload_to="avatars/", blank=True)
    theme = models.CharField(_("theme"), max_length=8, choices=Theme.choices, default=Theme.SYSTEM)
    language = models.CharField(_("language"), max_length=12, blank=True)
    notice_choices = VerbatimJSONField(default=dict, db_default=EMPTY_OBJECT, blank=True, editable=False)
    """What they are told of and how, where that differs from the usual (`models.notice`)."""
    recipes_in_files = models.BooleanField(_("recipes in downloads"), default=True, db_default=True)
    """Whether pictures that this person downloads say in their metadata what made them."""
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=timezone.now, editable=False)
    session_generation = models.PositiveIntegerField(default=0, editable=False)

    objects = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="one_person_per_email")]

    def __str__(self) -> str:
        return self.display_name

    @property
    def display_name(self) -> str:
        return self.name or self.email.partition("@")[0]

    @property
    def avatar_url(self) -> str | None:
        """Where the person's picture is served, or None when they have none."""
        return reverse("avatar", args=[PurePosixPath(self.avatar.name).name]) if self.avatar.name else None

    @property
    def hue(self) -> int:
        """The tint of the person's avatar, in degrees. It tells people apart and means nothing."""
        return (45 + 137 * (self.pk or 0)) % 360

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        # What Django's own method does, with the generation beside the password
        key = f"{self.password}:{self.session_generation}"
        return salted_hmac("conversations.User.session", key, secret=secret, algorithm="sha256").hexdigest()

    def sign_out_everywhere(self) -> None:
        """End every session of this person; open sockets follow within seconds."""
        self.session_generation = models.F("session_generation") + 1
        self.save(update_fields=["session_generation"])
        self.refresh_from_db(fields=["session_generation"])
