"""The cast, their clients, and a browser that takes no error quietly.

Alice owns the conversation, Bob is a member who may write in it, Charlie must see nothing, Admin administers.
"""

import os
import time
from collections.abc import Callable, Iterator
from threading import Barrier
from typing import Any

import pytest
from allauth.account.internal.flows.login import (
    _AUTHENTICATION_METHODS_USER_SESSION_KEY,
    AUTHENTICATION_METHODS_SESSION_KEY,
)
from django.apps import apps
from django.db import connection, connections
from django.db.migrations import RunPython
from django.db.migrations.loader import MigrationLoader
from django.test import Client
from playwright.sync_api import BrowserContext, ConsoleMessage, Playwright, WebError

from conversations import budgets, catalog, site_settings, threads
from conversations.fresh import Fresh
from conversations.models import Conversation, Membership, User
from scripts.setup import find_browser

PASSWORD = "correct horse battery staple"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put files with browser tests last (Playwright leaves a loop running); skip what needs services without them."""
    in_browser = {item.path for item in items if "playwright" in getattr(item, "fixturenames", ())}
    items.sort(key=lambda item: item.path in in_browser)
    for item in items:
        if item.get_closest_marker("services") and os.environ.get("SALON_RUNNER") != "worker":
            item.add_marker(pytest.mark.skip(reason="needs PostgreSQL, Redis and workers: make test-services runs it"))


@pytest.fixture(autouse=True)
def _catalog_is_read_once_a_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that queries can be counted whatever the time; an edit through the administration counts at once anyway."""
    catalog.forget()
    monkeypatch.setattr(catalog, "FRESH", 3600.0)
    monkeypatch.setattr(Fresh, "SECONDS", 3600.0)
    site_settings._values.start_anew()
    budgets.known.start_anew()


@pytest.fixture
def roles(db: None) -> None:
    """The roles that migrations made and gave powers, which a test that empties the database has taken away."""
    migrations = sorted(MigrationLoader(connection).disk_migrations.items())
    for (app, _), migration in migrations:
        for operation in migration.operations if app == "conversations" else ():
            if isinstance(operation, RunPython) and operation.code.__name__ in {"make_roles", "give_powers"}:
                operation.code(apps, connection.schema_editor())


@pytest.fixture
def database_threads(transactional_db: None) -> Iterator[None]:
    """For tests of what works in threads: their connections end with the test, and see what it commits."""
    yield
    for pool in (threads.pages, threads.uploads, threads.sockets, threads.runner, threads.keeper, threads.pictures):
        size = pool._pool._max_workers
        together = Barrier(size)

        def close(together: Barrier = together) -> None:
            together.wait(10)  # so that each of the threads takes one of the calls
            connections.close_all()

        for closing in [pool._pool.submit(close) for _ in range(size)]:
            closing.result()


@pytest.fixture
def alice(db: None) -> User:
    return User.objects.create_user("alice@example.com", PASSWORD, name="Alice")


@pytest.fixture
def bob(db: None) -> User:
    return User.objects.create_user("bob@example.com", PASSWORD, name="Bob")


@pytest.fixture
def charlie(db: None) -> User:
    return User.objects.create_user("charlie@example.com", PASSWORD, name="Charlie")


@pytest.fixture
def admin(db: None) -> User:
    return User.objects.create_superuser("admin@example.com", PASSWORD, name="Admin")


@pytest.fixture
def conversation(alice: User, bob: User) -> Conversation:
    """One that Alice owns and Bob may write in."""
    conversation = Conversation.objects.create(title="A lamp for the window", created_by=alice)
    Membership.objects.create(conversation=conversation, user=alice, role=Membership.Role.OWNER)
    Membership.objects.create(conversation=conversation, user=bob, role=Membership.Role.EDITOR)
    return conversation


def signed_in(user: User) -> Client:
    """Return a client with a session of `user`."""
    client = Client()
    client.force_login(user)
    return client


def confirmed(client: Client) -> Client:
    """Return the client of somebody who has shown a moment ago who they are."""
    session = client.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "password", "reauthenticated": True, "at": time.time()}]
    session[_AUTHENTICATION_METHODS_USER_SESSION_KEY] = session["_auth_user_id"]
    session.save()
    return client


@pytest.fixture
def as_alice(alice: User) -> Client:
    return signed_in(alice)


@pytest.fixture
def as_bob(bob: User) -> Client:
    return signed_in(bob)


@pytest.fixture
def as_charlie(charlie: User) -> Client:
    return signed_in(charlie)


@pytest.fixture
def as_admin(admin: User) -> Client:
    return confirmed(signed_in(admin))


@pytest.fixture(scope="session")
def playwright(playwright: Playwright) -> Iterator[Playwright]:
    """Playwright; while its loop runs in this thread, Django must be told that its plain calls are meant."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        yield playwright


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Start the machine's own Chromium; without one the test is skipped."""
    browser = find_browser()
    if browser is None:
        pytest.skip("no Chromium found: install it, or name one with CHROMIUM")
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {**browser_type_launch_args, "executable_path": browser, "args": [*as_root, "--disable-quic"]}


@pytest.fixture
def console_allows() -> list[str]:
    """Parts of console errors that a test expects: `console_allows.append("404")`."""
    return []


@pytest.fixture
def new_context(
    new_context: Callable[..., BrowserContext], console_allows: list[str]
) -> Iterator[Callable[..., BrowserContext]]:
    """Make a context (`page` has one too) in which errors of the console, of scripts and of the CSP fail the test."""
    errors: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        # A violation of the Content Security Policy is a console error too
        if message.type == "error":
            errors.append(f"{message.text} ({message.location['url']})")

    def hear_script_error(error: WebError) -> None:
        errors.append(str(error.error))

    def make(**options: Any) -> BrowserContext:
        context = new_context(**options)
        context.on("console", hear)
        context.on("weberror", hear_script_error)
        return context

    yield make
    unexpected = [error for error in errors if not any(part in error for part in console_allows)]
    assert not unexpected, "the browser reported errors"
