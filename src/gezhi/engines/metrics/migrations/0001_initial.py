import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='DayCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rollup', models.CharField(max_length=60)),
                ('day', models.DateField()),
                ('area', models.CharField(db_collation='C', default='', max_length=15)),
                ('key0', models.BigIntegerField(null=True)),
                ('key1', models.BigIntegerField(null=True)),
                ('counts', django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=None)),
            ],
            options={
                'indexes': [models.Index(fields=['rollup', 'day'], name='metrics_count_day')],
            },
        ),
        migrations.CreateModel(
            name='DayMark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rollup', models.CharField(max_length=60)),
                ('day', models.DateField()),
                ('xact', models.BigIntegerField()),
            ],
            options={
                'indexes': [models.Index(fields=['rollup', 'day'], name='metrics_mark_day')],
            },
        ),
        migrations.CreateModel(
            name='DayState',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rollup', models.CharField(max_length=60)),
                ('day', models.DateField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('rollup', 'day'), name='metrics_day')],
            },
        ),
        migrations.CreateModel(
            name='Rolled',
            fields=[
                ('name', models.CharField(max_length=60, primary_key=True, serialize=False)),
                ('zone', models.CharField(max_length=40)),
                ('layout', models.JSONField(default=list)),
            ],
        ),
    ]
