"""Nothing that is made from what people say is forgotten by a deletion: every table and prefix is in the registry."""

from __future__ import annotations

import ast

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import ForeignKey, Model, Q, UniqueConstraint

from conversations.models import Conversation
from conversations.moderation import registry
from webapp.env import BASE_DIR

TABLES = {model._meta.label: model for model in apps.get_models(include_auto_created=False)}
CONTENT = {derived.label: number for number, derived in enumerate(registry.CONTENT)}


def test_every_table_is_registered_once() -> None:
    lists = [set(CONTENT), set(registry.KEPT), set(registry.OF_A_PERSON), set(registry.PASSING)]
    registered = set().union(*lists)
    assert set(TABLES) <= registered, "say in moderation/registry.py how the new table is purged, or why it need not be"
    assert sum(map(len, lists)) == len(registered)
    assert {label for label in registered if not label.startswith("procrastinate.")} <= set(TABLES)


@pytest.mark.django_db
def test_every_table_of_the_database_is_one_of_a_model_or_of_a_registered_index() -> None:
    models = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    foreign = set(connection.introspection.table_names()) - models - {"django_migrations"}
    assert not [table for table in foreign if not table.startswith(tuple(registry.INDEXES))]


@pytest.mark.parametrize("label", [label for label in TABLES if label.startswith("conversations.")])
def test_what_refers_to_a_purged_row_goes_before_it(label: str) -> None:
    for field in TABLES[label]._meta.concrete_fields:
        if isinstance(field, ForeignKey) and (target := target_of(field)) in CONTENT and target != label:
            if field.null and (label, field.name) in {
                ("conversations.Branch", "head"),
                ("conversations.Conversation", "branch"),
            }:
                continue  # taken away before
            assert label in CONTENT, f"{label}.{field.name} refers to {target}, which is purged"
            assert CONTENT[label] < CONTENT[target], f"{label} must be purged before {target}"


def target_of(field: ForeignKey) -> str:
    target = field.related_model
    assert isinstance(target, type)
    assert issubclass(target, Model)
    return target._meta.label


@pytest.mark.django_db
@pytest.mark.parametrize("derived", registry.CONTENT, ids=lambda derived: derived.label)
def test_each_lookup_leads_to_a_conversation(derived: registry.Derived) -> None:
    assert list(derived.rows("conv_unknown")) == []
    assert derived.label != "conversations.Conversation" or derived.model is Conversation


def test_every_writer_to_the_storage_is_registered() -> None:
    writers = set()
    for folder in ("conversations", "webapp"):
        for path in (BASE_DIR / folder).rglob("*.py"):
            if "migrations" not in path.parts and writes(ast.parse(path.read_text(encoding="utf-8"))):
                writers.add(str(path.relative_to(BASE_DIR)))
    assert writers == set(registry.WRITES_TO_STORAGE), "say in moderation/registry.py what is written, and how it goes"
    assert set(registry.WRITES_TO_STORAGE.values()) == set(registry.STORAGE)


def writes(tree: ast.AST) -> bool:
    """Whether code saves to the storage by itself, or through a field of files."""
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "upload_to":
            return True
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "save":
            names = {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
            if names & {"default_storage", "ContentFile"}:
                return True
    return False


@pytest.mark.parametrize("label", [label for label in TABLES if label.startswith("conversations.")])
def test_what_refers_to_a_purged_row_is_found_by_an_index(label: str) -> None:
    """Without one the database reads the whole table for each row that goes, under its locks."""
    meta = TABLES[label]._meta
    kept = [*meta.indexes, *(rule for rule in meta.constraints if isinstance(rule, UniqueConstraint))]
    for field in meta.local_fields:
        if isinstance(field, ForeignKey) and target_of(field) in CONTENT:
            present = Q(**{f"{field.name}__isnull": False})
            found = [index for index in kept if index.fields and index.fields[0].lstrip("-") == field.name]
            assert field.unique or field.db_index or any(index.condition in {None, present} for index in found)
