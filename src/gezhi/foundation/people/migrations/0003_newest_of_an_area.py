"""The newest people of a grid are chosen from an index alone; before, the whole register was walked for them."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False
    dependencies = [("people", "0002_words_of_names")]

    operations = [
        AddIndexConcurrently("person", models.Index(fields=["area_code", "id"], name="person_area_code_id")),
        RemoveIndexConcurrently("person", "person_area_code"),
    ]
