from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0010_ledger'),
    ]

    operations = [
        migrations.CreateModel(
            name='EdgeDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('area', models.CharField(db_collation='C', max_length=6)),
                ('key0', models.BigIntegerField(null=True)),
                ('came', models.CharField(max_length=40)),
                ('target', models.CharField(max_length=40)),
                ('slot', models.SmallIntegerField()),
                ('count', models.IntegerField()),
                ('cases', models.IntegerField()),
                ('seconds', models.FloatField()),
            ],
            options={
                'indexes': [models.Index(fields=['day'], name='edge_day')],
            },
        ),
        migrations.CreateModel(
            name='PathDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('area', models.CharField(db_collation='C', max_length=6)),
                ('key0', models.BigIntegerField(null=True)),
                ('path', models.TextField()),
                ('count', models.IntegerField()),
                ('seconds', models.FloatField()),
            ],
            options={
                'indexes': [models.Index(fields=['day'], name='path_day')],
            },
        ),
        migrations.CreateModel(
            name='PathHead',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('head', models.BigIntegerField()),
                ('before', models.BigIntegerField(default=0)),
                ('at', models.DateTimeField()),
            ],
        ),
    ]
