from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('text', '0002_textsign'),
    ]

    operations = [
        migrations.AlterField(
            model_name='textsuggestion',
            name='purpose',
            field=models.CharField(choices=[('item', '事项分类'), ('unit', '承办单位'), ('place', '事发地点')], max_length=12, verbose_name='用途'),
        ),
    ]
