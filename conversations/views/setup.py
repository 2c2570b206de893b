"""The first visit: it makes the first administrator, once."""

from allauth.account.internal.flows.login import record_authentication
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from conversations.actions.people import create_first_administrator
from conversations.forms import SetupForm
from conversations.models import User


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def setup(request: HttpRequest) -> HttpResponse:
    """Ask for the first administrator, create and sign them in. With a person in the database it does not exist."""
    if User.objects.exists():
        raise Http404
    form = SetupForm(request.POST or None)
    if not form.is_valid():
        return render(request, "setup.html", {"form": form})
    user = create_first_administrator(**form.cleaned_data)
    if user is None:
        raise Http404
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    record_authentication(request, user, method="password")
    return redirect("home")
