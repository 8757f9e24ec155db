from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0006_supervise'),
    ]

    operations = [
        migrations.AddField(
            model_name='follow',
            name='lent',
            field=models.JSONField(blank=True, default=dict, editable=False, verbose_name='并案前的截止时间'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('address', ''), _negated=True), fields=['address', '-id'], name='case_address'),
        ),
    ]
