from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('vehicles', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='vehicle',
            name='gone_on',
            field=models.DateField(blank=True, help_text='填写后按保存期限删除', null=True, verbose_name='迁出或注销日期'),
        ),
        migrations.AddIndex(
            model_name='vehicle',
            index=models.Index(fields=['gone_on'], name='vehicle_gone_on'),
        ),
    ]
