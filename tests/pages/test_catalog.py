"""What models take: a table that administrators edit, that every process follows, and that comes back as shipped."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from conversations import catalog
from conversations.apps import ship_catalog
from conversations.models import CatalogEntry, RefusedParameter, User
from conversations.upstream.catalog import shipped
from conversations.upstream.config import ProviderConfig
from tests.conftest import signed_in

pytestmark = pytest.mark.django_db
LIST = "/admin/conversations/catalogentry/"


def form_of(client: Client, address: str) -> dict[str, Any]:
    """What a browser would send of a page's form that nobody touched."""
    form = client.get(address).context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    return {name: "on" if value is True else value for name, value in values.items() if value not in (None, False, "")}


def change_of(entry: CatalogEntry) -> str:
    return f"{LIST}{entry.pk}/change/"


def test_the_table_has_all_that_is_shipped() -> None:
    assert set(shipped()) == set(CatalogEntry.objects.values_list("name", flat=True))
    assert catalog.capabilities("gpt-4o-2024-08-06").known
    assert not catalog.capabilities("my-deployment").known


def test_an_administrator_names_a_deployment_after_a_model(as_admin: Client) -> None:
    entry = CatalogEntry.objects.get(name="gpt-4.1*")
    fields = form_of(as_admin, change_of(entry))
    answer = as_admin.post(change_of(entry), fields | {"name": "Team-Writer", "label": "Our writer", "_saveasnew": "1"})
    assert answer.status_code == 302, answer.content.decode()

    known = catalog.capabilities("team-writer")
    assert (known.label, known.context_window, known.takes("temperature")) == ("Our writer", 1047576, True)
    assert known.prices.cached == 0.5
    assert not catalog.capabilities("gpt-4.1").label.startswith("Our")


@pytest.mark.parametrize("name", ["gpt-5", "gpt-image-1*", "gpt-image-2*", "demo", "computer-use-preview*"])
def test_saving_a_form_without_changes_changes_no_fact(as_admin: Client, name: str) -> None:
    entry = CatalogEntry.objects.get(name=name)
    before = catalog.capabilities(name.strip("*"))
    assert as_admin.post(change_of(entry), form_of(as_admin, change_of(entry))).status_code == 302
    assert catalog.capabilities(name.strip("*")) == before
    entry.refresh_from_db()
    assert entry.edited_at is not None


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("reasoning_efforts", "low; drop table", "is no value of the API"),
        ("price_images", "high: a lot", "cannot be read"),
        ("image_tokens", "high: a lot", "cannot be read"),
        ("price_input", "-1", "greater than or equal to 0"),
        ("context_window", "many", "whole number"),
        ("name", "gpt-4o*", "already exists"),
        ("name", "  ", "required"),
    ],
)
def test_a_bad_value_is_explained_and_changes_nothing(as_admin: Client, field: str, value: str, sentence: str) -> None:
    entry = CatalogEntry.objects.get(name="gpt-5")
    answer = as_admin.post(change_of(entry), form_of(as_admin, change_of(entry)) | {field: value})
    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    entry.refresh_from_db()
    assert entry.edited_at is None


def test_what_was_edited_outlives_an_upgrade_and_can_be_put_back(as_admin: Client) -> None:
    entry = CatalogEntry.objects.get(name="gpt-5")
    as_admin.post(change_of(entry), form_of(as_admin, change_of(entry)) | {"label": "The big one"})
    CatalogEntry.objects.filter(name="o3").delete()
    CatalogEntry.objects.filter(name="demo").update(facts={"label": "as an older version had it"})
    ship_catalog()
    assert catalog.capabilities("gpt-5").label == "The big one"
    assert catalog.capabilities("o3").known
    assert catalog.capabilities("demo").label == "demo (scripted)"

    as_admin.post(LIST, {"action": "put_back", "_selected_action": [entry.pk]})
    assert catalog.capabilities("gpt-5").label == "gpt-5"


def test_what_is_shipped_is_not_deleted_and_the_rest_is(as_admin: Client) -> None:
    own = CatalogEntry.objects.create(name="ours", facts={})
    entry = CatalogEntry.objects.get(name="gpt-5")
    assert as_admin.post(f"{LIST}{entry.pk}/delete/", {"post": "yes"}).status_code == 403
    as_admin.post(LIST, {"action": "delete_selected", "_selected_action": [own.pk, entry.pk], "post": "yes"})
    assert CatalogEntry.objects.filter(name="gpt-5").exists()
    assert not CatalogEntry.objects.filter(name="ours").exists()


def test_a_refusal_that_was_learned_can_be_undone(as_admin: Client) -> None:
    assert catalog.learn("gpt-4o", "top_p")
    assert not catalog.learn("gpt-4o", "top_p")
    assert not catalog.capabilities("gpt-4o").takes("top_p")
    refusal = RefusedParameter.objects.get()
    address = "/admin/conversations/refusedparameter/"
    assert "top_p" in as_admin.get(address).content.decode()
    as_admin.post(address, {"action": "delete_selected", "_selected_action": [refusal.pk], "post": "yes"})
    assert catalog.capabilities("gpt-4o").takes("top_p")


def test_what_one_provider_refuses_another_may_take(settings: Any) -> None:
    catalog.learn("gpt-4o", "top_p")
    settings.SALON_ENDPOINT = "https://elsewhere.example/v1/"
    catalog.forget()
    assert catalog.capabilities("gpt-4o").takes("top_p")


def test_one_entry_that_cannot_be_read_leaves_the_others() -> None:
    CatalogEntry.objects.filter(name="gpt-4o*").update(facts={"tools": 7})
    catalog.forget()
    assert not catalog.capabilities("gpt-4o").known
    assert catalog.capabilities("gpt-5").known


def test_on_an_event_loop_the_table_is_not_read() -> None:
    catalog.capabilities("gpt-5")
    catalog.forget()

    async def ask() -> bool:
        return catalog.capabilities("gpt-5").known

    assert asyncio.run(ask())


def test_the_provider_page_tells_all_but_the_key(as_admin: Client, settings: Any) -> None:
    settings.SALON_PROVIDER = ProviderConfig(
        "azure-dated", "https://team.openai.azure.com/openai/", "a-secret-key", api_version="2025-04-01-preview"
    )
    settings.SALON_MODELS = ["gpt-5", "team-writer"]
    catalog.learn("gpt-5", "text.verbosity")
    page = as_admin.get(f"{LIST}provider/").content.decode()
    for told in ("https://team.openai.azure.com/openai/", "2025-04-01-preview", "An API key", "unknown: add it"):
        assert told in page
    for told in ("text.verbosity", "swedencentral", "The web search tool", "Fine-tuned models", "Structured outputs"):
        assert told in page
    assert "a-secret-key" not in page


def test_it_takes_the_permission_to_look_at_models(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    assert signed_in(alice).get(f"{LIST}provider/").status_code == 403


@pytest.mark.django_db(transaction=True)
def test_an_edit_of_another_process_counts_within_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "FRESH", 0.0)
    assert catalog.capabilities("gpt-5").label == "gpt-5"
    name = connection.settings_dict["NAME"]
    program = f"""
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "webapp.settings.test"
import django
django.setup()
from django.conf import settings
from django.db import connections
connections["default"].settings_dict["NAME"] = {str(name)!r}
from conversations import catalog
catalog.learn("gpt-5", "text.verbosity")
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
    assert not catalog.capabilities("gpt-5").takes("text.verbosity", "low")
