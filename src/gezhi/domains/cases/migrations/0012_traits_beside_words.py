"""Area, item, channel, unit and urgency of a case indexed together with its words and its slice.

An area and a common word read every case of the word in fifteen slices, and threw nearly all of them away; see
``engines/tables/sought.py``. An item in an area has an index that costs a report nothing: it has no item yet. The
table stays open to writers meanwhile.
"""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

from gezhi.kernel.slices import Slice, Traits


class Migration(migrations.Migration):

    atomic = False
    dependencies = [("cases", "0011_paths")]

    operations = [
        AddIndexConcurrently("case", GinIndex(
            "tokens", Slice("id"), Traits("area_code", "item_code", "channel", "unit_id", "urgency"), name="case_found")),
        RemoveIndexConcurrently("case", "case_words"),
        AddIndexConcurrently("case", models.Index(
            fields=["item_code", "area_code"], name="case_item_area", condition=~models.Q(item_code=""))),
    ]
