"""The full-text table beside the items: FTS5 on SQLite, a GIN index on PostgreSQL (see channels/search.py)."""

from django.db import migrations

SQLITE = (
    "CREATE VIRTUAL TABLE channels_itemsearch USING fts5(words, tokenize = 'ascii')",
    """CREATE TRIGGER channels_item_unsearch AFTER DELETE ON channels_item BEGIN
        DELETE FROM channels_itemsearch WHERE rowid = old.id;
    END""",
)
POSTGRESQL = (
    "CREATE TABLE channels_itemsearch (item_id bigint PRIMARY KEY, words tsvector NOT NULL, folded text NOT NULL)",
    "CREATE INDEX channels_itemsearch_words ON channels_itemsearch USING gin (words) WITH (fastupdate = off)",
    # A trigger rather than a foreign key: items may then be truncated without naming this table.
    """CREATE FUNCTION channels_item_unsearch() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'TRUNCATE' THEN TRUNCATE channels_itemsearch; RETURN NULL; END IF;
        DELETE FROM channels_itemsearch WHERE item_id = OLD.id;
        RETURN OLD;
    END $$""",
    """CREATE TRIGGER channels_item_unsearch AFTER DELETE ON channels_item
    FOR EACH ROW EXECUTE FUNCTION channels_item_unsearch()""",
    """CREATE TRIGGER channels_item_unsearch_all AFTER TRUNCATE ON channels_item
    FOR EACH STATEMENT EXECUTE FUNCTION channels_item_unsearch()""",
)
BACK = {
    "sqlite": ("DROP TRIGGER channels_item_unsearch", "DROP TABLE channels_itemsearch"),
    "postgresql": (
        "DROP TRIGGER channels_item_unsearch ON channels_item",
        "DROP TRIGGER channels_item_unsearch_all ON channels_item",
        "DROP FUNCTION channels_item_unsearch",
        "DROP TABLE channels_itemsearch",
    ),
}
FORWARD = {"sqlite": SQLITE, "postgresql": POSTGRESQL}


def _run(statements):
    def run(_apps, editor):
        with editor.connection.cursor() as cursor:
            for statement in statements[editor.connection.vendor]:
                cursor.execute(statement)

    return run


class Migration(migrations.Migration):
    dependencies = [("channels", "0001_initial")]
    operations = [migrations.RunPython(_run(FORWARD), _run(BACK))]
