"""The stage that fills the rooms of supervision, duty and assessment."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('demo', '0002_registers'),
    ]

    operations = [
        migrations.AlterField(
            model_name='democity',
            name='stage',
            field=models.CharField(choices=[('ground', '行政区划与网格'), ('catalogue', '事项清单'), ('people', '单位、人员与岗位'), ('matrix', '权责清单'), ('past', '已办结案件'), ('live', '在办案件'), ('rooms', '监管、权责与考核'), ('registers', '人口、房屋等登记簿'), ('done', '已建成')], default='ground', max_length=12, verbose_name='进度'),
        ),
    ]
