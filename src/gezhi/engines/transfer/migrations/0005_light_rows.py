from django.db import migrations, models
from django.db.models.deletion import CASCADE


class Migration(migrations.Migration):

    dependencies = [
        ('transfer', '0004_exports'),
    ]

    operations = [
        migrations.AlterField(
            model_name='importkey',
            name='job',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=CASCADE, related_name='+', to='transfer.importjob'),
        ),
        migrations.AlterField(
            model_name='importrow',
            name='job',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=CASCADE, related_name='rows', to='transfer.importjob'),
        ),
        migrations.AddIndex(
            model_name='importrow',
            index=models.Index(condition=models.Q(('record_id__isnull', False)), fields=['job', 'record_id'], name='import_row_record'),
        ),
    ]
