"""The rows of the matrix for sign-in, second factors, notices and groups, and the forms that they are sent."""

from __future__ import annotations

from typing import Any

from tests.live.outcomes import ALL, INVALID, LOGIN, NONE, OWNERS_FORM, SIGNED_IN, UPLOADERS

ACCOUNT_ROWS: dict[str, tuple[str, tuple[Any, ...]]] = {
    "session_end": ("POST", (LOGIN, 404, 404, 404, 200, LOGIN, 404)),
    "notices": ("GET", SIGNED_IN),
    "notice": ("GET", (LOGIN, 404, 404, 404, 200, LOGIN, 404)),
    "notices_read": ("POST", SIGNED_IN),
    "notices_unsubscribe": ("GET", NONE),
    "push_subscribe": ("POST", (401, 400, 400, 400, 400, 401, 400)),
    "push_remove": ("POST", UPLOADERS),
    "push_worker": ("GET", ALL),
    "notice_choices": ("POST", SIGNED_IN),
    "openid_connect_login": ("POST", NONE),
    "openid_connect_callback": ("GET", NONE),
    "openid_left": ("GET", NONE),
    "openid_disconnect": ("POST", SIGNED_IN),
    "socialaccount_login_cancelled": ("GET", ALL),
    "mfa_index": ("GET", SIGNED_IN),
    "mfa_reauthenticate_webauthn": ("GET", SIGNED_IN),
    "mfa_activate_totp": ("GET", SIGNED_IN),
    "mfa_add_webauthn": ("GET", SIGNED_IN),
    "mfa_reauthenticate": ("GET", SIGNED_IN),
    "mfa_generate_recovery_codes": ("GET", SIGNED_IN),
    "mfa_view_recovery_codes": ("GET", (LOGIN, 404, 404, 404, 404, LOGIN, 404)),
    "mfa_download_recovery_codes": ("GET", (LOGIN, 404, 404, 404, 404, LOGIN, 404)),
    "mfa_deactivate_totp": ("GET", (LOGIN, 404, 404, 404, 404, LOGIN, 404)),
    "mfa_edit_webauthn": ("GET", SIGNED_IN),
    "mfa_remove_webauthn": ("GET", SIGNED_IN),
    "mfa_list_webauthn": ("GET", ALL),
    "mfa_authenticate": ("GET", SIGNED_IN),
    "mfa_login_webauthn": ("GET", ALL),
    "group_add": ("POST", OWNERS_FORM),
    "group_remove": ("POST", (LOGIN, 404, 403, 403, 404, LOGIN, 404)),
    "account_invitations": ("GET", (LOGIN, 404, 404, 404, 404, LOGIN, 200)),
    "account_uninvite": ("POST", (LOGIN, 404, 404, 404, 404, LOGIN, 404)),
    "account_invitation": ("GET", NONE),
    "account_login": ("GET", ALL),
    "account_logout": ("GET", ALL),
    "account_inactive": ("GET", ALL),
    "account_signup": ("GET", ALL),
    "account_reauthenticate": ("GET", SIGNED_IN),
    "account_email": ("GET", ALL),
    "account_email_verification_sent": ("GET", ALL),
    "account_change_password": ("GET", SIGNED_IN),
    "account_set_password": ("GET", SIGNED_IN),
    "account_reset_password": ("GET", ALL),
    "account_confirm_login_code": ("GET", SIGNED_IN),
    "account_confirm_email": ("GET", INVALID),
    "account_reset_password_from_key_done": ("GET", ALL),
    "account_reset_password_from_key": ("GET", ALL),
    "account_reset_password_done": ("GET", ALL),
}
ACCOUNT_SENT: dict[str, dict[str, Any]] = {"group_add": {"group": "1", "role": "viewer"}}
