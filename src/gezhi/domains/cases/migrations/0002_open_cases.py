"""Work queues of a large city: open cases in their order, and what the planner must know to use it.

A state and "not finished" go together; taken as independent, the planner expects a thirtieth of the rows, fetches a
whole queue and sorts it (450 ms at five million cases). With both it walks the open cases and stops at a page.
"""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("cases", "0001_initial")]

    operations = [
        migrations.AddIndex(
            model_name="case",
            index=models.Index(condition=models.Q(("finished_at", None)), fields=["-id"], name="case_open_new"),
        ),
        migrations.RunSQL("CREATE STATISTICS case_state (mcv) ON status, finished_at FROM cases_case",
                          "DROP STATISTICS case_state"),
    ]
