"""The city's registers: how many people they hold, and the stage that fills them."""


from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('demo', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='democity',
            name='people',
            field=models.PositiveIntegerField(default=0, verbose_name='登记人口数'),
        ),
        migrations.AlterField(
            model_name='democity',
            name='stage',
            field=models.CharField(choices=[('ground', '行政区划与网格'), ('catalogue', '事项清单'), ('people', '单位、人员与岗位'), ('matrix', '权责清单'), ('past', '已办结案件'), ('live', '在办案件'), ('registers', '人口、房屋等登记簿'), ('done', '已建成')], default='ground', max_length=12, verbose_name='进度'),
        ),
    ]
