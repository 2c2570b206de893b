"""Full text: FTS5 with triggers on SQLite, a GIN index over an expression on PostgreSQL (conversations/search/index.py)."""

from django.db import migrations

SQLITE = [
    """
    CREATE VIEW conversations_search_source AS
    SELECT id, conversation_id, substr(text, 1, 200000) AS text FROM conversations_item
    """,
    """
    CREATE VIRTUAL TABLE conversations_search USING fts5(
        text, conversation_id, content='conversations_search_source', content_rowid='id',
        tokenize='unicode61 remove_diacritics 2'
    )
    """,
    """
    CREATE TRIGGER conversations_search_insert AFTER INSERT ON conversations_item BEGIN
        INSERT INTO conversations_search (rowid, text, conversation_id)
        VALUES (new.id, substr(new.text, 1, 200000), new.conversation_id);
    END
    """,
    """
    CREATE TRIGGER conversations_search_delete AFTER DELETE ON conversations_item BEGIN
        INSERT INTO conversations_search (conversations_search, rowid, text, conversation_id)
        VALUES ('delete', old.id, substr(old.text, 1, 200000), old.conversation_id);
    END
    """,
    """
    CREATE TRIGGER conversations_search_update AFTER UPDATE OF text, conversation_id ON conversations_item BEGIN
        INSERT INTO conversations_search (conversations_search, rowid, text, conversation_id)
        VALUES ('delete', old.id, substr(old.text, 1, 200000), old.conversation_id);
        INSERT INTO conversations_search (rowid, text, conversation_id)
        VALUES (new.id, substr(new.text, 1, 200000), new.conversation_id);
    END
    """,
    "INSERT INTO conversations_search (conversations_search) VALUES ('rebuild')",
]
SQLITE_BACK = [
    "DROP TRIGGER IF EXISTS conversations_search_insert",
    "DROP TRIGGER IF EXISTS conversations_search_delete",
    "DROP TRIGGER IF EXISTS conversations_search_update",
    "DROP TABLE IF EXISTS conversations_search",
    "DROP VIEW IF EXISTS conversations_search_source",
]
POSTGRESQL = [
    """
    CREATE INDEX CONCURRENTLY IF NOT EXISTS item_words ON conversations_item USING gin (
        to_tsvector('simple', regexp_replace(left(text, 200000), '[^[:alnum:]]+', ' ', 'g'))
    )
    """
]
POSTGRESQL_BACK = ["DROP INDEX CONCURRENTLY IF EXISTS item_words"]


def run(schema_editor, sqlite, postgresql):
    for statement in sqlite if schema_editor.connection.vendor == "sqlite" else postgresql:
        schema_editor.execute(statement, params=None)


def forwards(apps, schema_editor):
    run(schema_editor, SQLITE, POSTGRESQL)


def backwards(apps, schema_editor):
    run(schema_editor, SQLITE_BACK, POSTGRESQL_BACK)


class Migration(migrations.Migration):
    atomic = False  # the index is made beside the traffic
    dependencies = [("conversations", "0017_deleted_items")]
    operations = [migrations.RunPython(forwards, backwards)]
