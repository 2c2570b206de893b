"""Django's administration, with the policy that its theme needs and our own door."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.decorators import csp_update
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest, HttpResponse
from unfold.sites import UnfoldAdminSite

POLICY = {"script-src": [UNSAFE_EVAL], "style-src": [UNSAFE_INLINE], "img-src": ["data:"], "form-action": [SELF]}
"""unfold is drawn by Alpine, which evaluates its attributes and sets styles. Only staff get this far."""

LEFT_OUT = ("auth", "account", "socialaccount", "mfa", "usersessions", "procrastinate")


class SalonAdminSite(UnfoldAdminSite):
    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Leave out others' pages of what people have here in another form, and jobs: they are nudges, the responses
        say what there is to do."""
        models = model_or_iterable if isinstance(model_or_iterable, Iterable) else [model_or_iterable]
        ours = admin_class is not None and admin_class.__module__.startswith("conversations.")
        shown = [model for model in models if ours or model._meta.app_label not in LEFT_OUT]
        super().register(shown, admin_class, **options)

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:
        return csp_update(POLICY)(super().admin_view(view, cacheable))

    def get_urls(self) -> list[Any]:
        """Put the pages that people work in before the lists of rows. They need no script of their own."""
        from conversations.admin import pages  # needs the models, this module comes before them

        return [*pages.routes(super().admin_view), *super().get_urls()]

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Put the pages that people work in before the lists of rows here too."""
        from conversations.admin import pages  # needs the models, this module comes before them

        listed: list[Any] = super().get_app_list(request, app_label)
        return listed if app_label or not listed else [pages.as_app(request.user), *listed]

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Send people to the one sign-in, with its limits on guessing; who may not come in here is told so."""
        from allauth.account.decorators import secure_admin_login  # needs the models, this module comes before them

        answer: HttpResponse = secure_admin_login(super().login)(request, extra_context)
        return answer


class SalonAdminConfig(AdminConfig):
    default_site = "conversations.adminsite.SalonAdminSite"
