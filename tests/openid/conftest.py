"""A provider that runs, and a Salon whose people come in through it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from django.core.cache import cache
from django.test import Client

from conversations.openid.company import Company
from tests.openid.issuer import CLIENT
from webapp.env import BASE_DIR
from webapp.openid import openid_provider

DANA = {"sub": "d-1", "email": "dana@corp.example", "email_verified": True, "name": "Dana"}


class Provider:
    """The issuer's process, and how a browser goes through it."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.begun: list[str] = []
        """Where browsers were sent to sign in."""

    def says(self, person: dict[str, Any] | None = None, **how: Any) -> None:
        """Say who is signed in at the provider, and how it lies."""
        requests.post(f"{self.address}/control", json={"person": person or DANA, **how}, timeout=10)

    def back(self, client: Client, **form: str) -> str:
        """Press the button, go through the provider; return the address that it sends the browser back to."""
        page = client.post("/accounts/company/login/", form)
        assert page.status_code == 200, page.headers.get("Location")
        (address,) = re.findall(r'<a class="btn plain wide" href="([^"]+)"', page.content.decode())
        self.begun.append(address.replace("&amp;", "&"))
        answer = requests.get(self.begun[-1], allow_redirects=False, timeout=10)
        return answer.headers["Location"].removeprefix("http://testserver")

    def sign_in(self, client: Client, **form: str) -> Any:
        return client.get(self.back(client, **form), follow=True)


@pytest.fixture(scope="module")
def _issuer() -> Iterator[str]:
    command = [sys.executable, "-m", "tests.openid.issuer"]
    with subprocess.Popen(command, cwd=BASE_DIR, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        yield process.stdout.readline().strip()
        process.kill()


@pytest.fixture
def provider(_issuer: str) -> Provider:
    cache.clear()
    provider = Provider(_issuer)
    provider.says()
    return provider


@pytest.fixture
def company(db: None, provider: Provider, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """`company(creates=False)`: the operator's settings."""
    monkeypatch.setenv("SALON_EGRESS_ALLOW", "127.0.0.1")

    def configure(**changes: Any) -> None:
        usual = {
            "issuer": provider.address,
            "client_id": CLIENT["id"],
            "client_secret": CLIENT["secret"],
            "name": "Corp",
        }
        settings.SALON_OPENID = Company(**usual | changes)
        settings.SOCIALACCOUNT_PROVIDERS = openid_provider(settings.SALON_OPENID)

    configure()
    return configure
