"""Addresses below /accounts/ that are ours. allauth's come after them, and do not get what these take.

Its page of addresses is not used: an address there is nobody's word but the person's own.
"""

from allauth.socialaccount.views import login_cancelled
from django.urls import include, path
from django.views.generic import RedirectView

from conversations.views import company, joining

urlpatterns = [
    path("company/login/", company.login, name="openid_connect_login"),
    path("company/login/callback/", company.callback, name="openid_connect_callback"),
    path("company/confirm/", company.confirm, name="openid_confirm"),
    path("company/cancelled/", login_cancelled, name="socialaccount_login_cancelled"),
    path("company/left/", company.left, name="openid_left"),
    path("company/disconnect/", company.disconnect, name="openid_disconnect"),
    path("email/", RedirectView.as_view(pattern_name="settings"), name="account_email"),
    path("2fa/webauthn/", RedirectView.as_view(pattern_name="mfa_index"), name="mfa_list_webauthn"),
    path("2fa/", include("allauth.mfa.urls")),
    path("signup/", joining.signup, name="account_signup"),
    path("invitations/", joining.invitations, name="account_invitations"),
    path("invitations/<int:invitation_id>/withdraw/", joining.withdraw, name="account_uninvite"),
    path("join/<str:secret>/", joining.join, name="account_invitation"),
    path("password/set/", company.set_password, name="account_set_password"),
]
