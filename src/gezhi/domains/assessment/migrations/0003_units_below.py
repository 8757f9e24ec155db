from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('assessment', '0002_sealed_facts'),
    ]

    operations = [
        migrations.AddField(
            model_name='assessfact',
            name='up',
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name='publication',
            name='tree',
            field=models.JSONField(blank=True, default=dict, editable=False, verbose_name='统计时的上级单位'),
        ),
    ]
