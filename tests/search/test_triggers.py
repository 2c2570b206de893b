"""The index stays whole when a change of the schema makes the table of items anew."""

import pytest
from django.db import connection

from conversations.access import conversation_for
from conversations.actions import turns
from conversations.models import Conversation, Item, User
from conversations.search.find import find
from conversations.search.query import parse


@pytest.mark.django_db(transaction=True)
def test_triggers_and_views_outlive_a_table_that_is_made_anew(alice: User, conversation: Conversation) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite makes tables anew")
    access = conversation_for(alice, conversation.pk)
    turns.send_message(access, text="Before the change")
    with connection.schema_editor() as editor:
        editor._remake_table(Item)
    turns.send_message(access, text="After the change")
    found = find(alice, parse("change "))
    assert [hit.item.text for hit in found.hits] == ["After the change", "Before the change"]
    Item.objects.filter(text="Before the change").update(text="Other words")
    assert len(find(alice, parse("change ")).hits) == 1
