"""allauth's forms of passkeys, with what a browser sends read before it is used: it may be anything."""

from __future__ import annotations

from typing import Any

from allauth.mfa.webauthn import forms as theirs
from django import forms
from django.utils.translation import gettext_lazy as _
from fido2.webauthn import AuthenticationResponse, RegistrationResponse


class CredentialField(forms.JSONField):
    """What the browser made of a passkey. `response` is the library's class that can read it."""

    def __init__(self, response: Any) -> None:
        super().__init__(widget=forms.HiddenInput)
        self._response = response

    def clean(self, value: Any) -> Any:
        credential = super().clean(value)
        try:
            self._response.from_dict(credential)
        except Exception as error:  # the library's parsers fail in many ways at bytes that are none of its own
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from error
        return credential


class AddForm(theirs.AddWebAuthnForm):
    credential = CredentialField(RegistrationResponse)
    name = forms.CharField(label=_("Name"), max_length=80, required=False)


class AuthenticateForm(theirs.AuthenticateWebAuthnForm):
    credential = CredentialField(AuthenticationResponse)


class LoginForm(theirs.LoginWebAuthnForm):
    credential = CredentialField(AuthenticationResponse)


class ReauthenticateForm(theirs.ReauthenticateWebAuthnForm):
    credential = CredentialField(AuthenticationResponse)
