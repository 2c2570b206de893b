"""Forms of people: the first administrator, the profile, a key."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from conversations.models import Key, User
from conversations.portraits import BadPicture, portrait


class SetupForm(forms.Form):
    name = forms.CharField(label=_("Your name"), max_length=80, widget=forms.TextInput({"autocomplete": "name"}))
    email = forms.EmailField(label=_("Email"), max_length=254, widget=forms.EmailInput({"autocomplete": "username"}))
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=1024,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=_("At least ten characters."),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if password := data.get("password"):
            person = User(email=data.get("email", ""), name=data.get("name", ""))
            try:
                validate_password(password, person)
            except forms.ValidationError as error:
                self.add_error("password", error)
        return data


class JoinForm(forms.Form):
    """For who was invited, by an address that cannot be changed."""

    def __init__(self, data: Any = None, *, email: str) -> None:
        super().__init__(data)
        self._email = email

    name = forms.CharField(label=_("Your name"), max_length=80, widget=forms.TextInput({"autocomplete": "name"}))
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=1024,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=_("At least ten characters."),
    )

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, User(email=self._email, name=self.cleaned_data.get("name", "")))
        return password


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    picture = forms.FileField(
        label=_("Picture"),
        required=False,
        max_length=255,
        help_text=_("A square fits best, of at most 2 MB. Without one, your first letter."),
        widget=forms.FileInput({"accept": "image/png,image/jpeg,image/webp,image/gif"}),
    )
    remove_picture = forms.BooleanField(label=_("Remove the picture"), required=False)
    theme = forms.ChoiceField(label=_("Theme"), choices=User.Theme.choices, widget=forms.RadioSelect)
    language = forms.ChoiceField(
        label=_("Language"), choices=[("", _("As the browser says")), *settings.LANGUAGES], required=False
    )

    class Meta:
        model = User
        fields = ("name", "theme", "language", "recipes_in_files")
        labels = {"recipes_in_files": _("Write into pictures that I download what made them")}
        widgets = {"name": forms.TextInput({"autocomplete": "name"})}

    def clean_picture(self) -> bytes | None:
        """Turn what was uploaded into the portrait that is kept."""
        upload: UploadedFile[Any] | None = self.cleaned_data.get("picture")
        if upload is None:
            return None
        try:
            return portrait(upload)
        except BadPicture as error:
            raise forms.ValidationError(str(error)) from error


class KeyForm(forms.Form):
    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="key_%s")  # it shares a page with the profile, which has a name too

    name = forms.CharField(
        label=_("Name"),
        max_length=80,
        help_text=_("What it is for, so that you know it again."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label=_("May"),
        choices=[
            (Key.Scope.READ, _("Read conversations and responses")),
            (Key.Scope.WRITE, _("Write: ask models, change conversations")),
            (Key.Scope.FILES, _("Upload and read files")),
            (Key.Scope.MODELS, _("List models")),
        ],
        initial=Key.Scope.values,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one.")},
    )
    days = forms.TypedChoiceField(
        label=_("Expires"),
        choices=[("30", _("In 30 days")), ("90", _("In 90 days")), ("365", _("In a year")), ("", _("Never"))],
        initial="90",
        coerce=int,
        empty_value=None,
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        """Turn the days into the moment that a key is issued with."""
        data = super().clean() or {}
        days = data.pop("days", None)
        return {**data, "expires_at": timezone.now() + timedelta(days=days) if days else None}


class SchemaForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=64,
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("Letters, digits, “_” and “-”. The model reads it too."),
    )
    description = forms.CharField(
        label=_("Description"),
        max_length=500,
        required=False,
        widget=forms.TextInput({"autocomplete": "off"}),
        help_text=_("What the answer is for. The model reads it too."),
    )
    schema = forms.CharField(
        label=_("Schema"),
        max_length=500_000,
        strip=False,
        widget=forms.Textarea({"rows": 18, "spellcheck": "false", "autocapitalize": "off"}),
        help_text=_(
            "A JSON schema of an object. Every property is required, and others are not allowed: both are filled in "
            "where they are missing. What may be absent gets “null” as another type."
        ),
    )


class PromptForm(forms.Form):
    title = forms.CharField(
        label=_("Title"),
        max_length=80,
        widget=forms.TextInput({"autocomplete": "off"}),
        help_text=_("What one types behind the “/”."),
    )
    text = forms.CharField(
        label=_("Text"),
        max_length=50_000,
        widget=forms.Textarea({"rows": 12}),
        help_text=_(
            "What is asked for when it is used stands in braces: {{ topic }} is one line, {{ notes : long }} several, "
            "{{ day : date }} a date, {{ tone : choice : friendly | formal }} one of a list."
        ),
    )
    shared = forms.BooleanField(label=_("For the whole team"), required=False)


class PersonaForm(forms.Form):
    title = forms.CharField(label=_("Name"), max_length=80, widget=forms.TextInput({"autocomplete": "off"}))
    description = forms.CharField(
        label=_("Description"),
        max_length=200,
        required=False,
        widget=forms.TextInput({"autocomplete": "off"}),
        help_text=_("What it is for, in a few words."),
    )
    instructions = forms.CharField(
        label=_("Instructions"),
        max_length=100_000,
        required=False,
        widget=forms.Textarea({"rows": 10}),
        help_text=_("What the model is told before every message."),
    )
    model = forms.ChoiceField(label=_("Model"), required=False)
    tools = forms.MultipleChoiceField(label=_("Tools"), required=False, widget=forms.CheckboxSelectMultiple)
    opening = forms.CharField(
        label=_("Opening"),
        max_length=2_000,
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("What people read before they write the first message."),
    )
    suggestions = forms.CharField(
        label=_("Suggestions"),
        max_length=2_000,
        required=False,
        widget=forms.Textarea({"rows": 4}),
        help_text=_("First messages to choose from, one a line, six at most."),
    )
    shared = forms.BooleanField(label=_("For the whole team"), required=False)

    def __init__(self, *args: Any, models: Sequence[Any], tools: Sequence[Any], **options: Any) -> None:
        super().__init__(*args, **options)
        model, offered = self.fields["model"], self.fields["tools"]
        assert isinstance(model, forms.ChoiceField)
        assert isinstance(offered, forms.ChoiceField)
        model.choices, offered.choices = models, tools
