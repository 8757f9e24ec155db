"""People are found by any part of their names, and by their numbers without the kind of document.

The words of those who stand already are filled in; a list of ten million is searched by its index alone.
"""

import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models, transaction

import gezhi.kernel.fields
import gezhi.kernel.slices
from gezhi.engines.search.words import tokenise_names

BATCH = 5000


def fill(apps, schema_editor):
    """Give everybody their words, a batch a transaction."""
    last = 0
    while True:
        with transaction.atomic(), schema_editor.connection.cursor() as cursor:
            cursor.execute("SELECT id, name, former_name FROM people_person WHERE id > %s ORDER BY id LIMIT %s",
                           [last, BATCH])
            rows = cursor.fetchall()
            if not rows:
                return
            last = rows[-1][0]
            cursor.execute("SELECT set_config('gezhi.door', 'open', true)")
            cursor.execute(
                "UPDATE people_person AS p SET tokens = array_to_tsvector(string_to_array(n.words, E'\\x1f')) "
                "FROM unnest(%s::bigint[], %s::text[]) AS n (id, words) WHERE p.id = n.id",
                [[r[0] for r in rows], ["\x1f".join(tokenise_names(f"{r[1]}\n{r[2]}")) for r in rows]])


class Migration(migrations.Migration):

    atomic = False
    dependencies = [("people", "0001_initial")]

    operations = [
        migrations.AddField("person", "tokens", gezhi.kernel.fields.TokensField(
            editable=False, names=True, null=True, of="name former_name")),
        migrations.RunPython(fill, migrations.RunPython.noop),
        AddIndexConcurrently("person", django.contrib.postgres.indexes.GinIndex(
            models.F("tokens"), gezhi.kernel.slices.Slice("id"), name="person_words")),
        AddIndexConcurrently("person", models.Index(fields=["source"], name="person_source")),
        AddIndexConcurrently("person", models.Index(fields=["nationality"], name="person_abroad",
                                                    condition=~models.Q(nationality="156"))),
        migrations.RemoveConstraint("person", "person_once"),
        migrations.AddConstraint("person", models.UniqueConstraint(
            condition=models.Q(("id_index", None), _negated=True), fields=("id_index", "id_type"),
            name="person_once")),
    ]
