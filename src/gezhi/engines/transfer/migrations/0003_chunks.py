import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('transfer', '0002_carry'),
    ]

    operations = [
        # texts of files were kept a row each, now in encrypted chunks: what was not finished has to be sent again
        migrations.RunSQL(
            "DELETE FROM transfer_importrow WHERE state IN ('waiting', 'ready', 'wrong');"
            "UPDATE transfer_importjob SET state = 'failed', total = done, problem = '系统升级，请重新上传文件' "
            "WHERE state <> 'done'",
            migrations.RunSQL.noop),
        migrations.CreateModel(
            name='ImportChunk',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('first', models.IntegerField()),
                ('size', models.IntegerField()),
                ('body', models.BinaryField()),
                ('tried', models.BooleanField(default=False)),
                ('written', models.BooleanField(default=False)),
                ('undone', models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name='ImportKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rule', models.SmallIntegerField()),
                ('digest', models.BigIntegerField()),
                ('number', models.IntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='ImportPiece',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.IntegerField()),
                ('body', models.BinaryField()),
            ],
        ),
        migrations.RemoveIndex(
            model_name='importrow',
            name='import_row_state',
        ),
        migrations.RemoveField(
            model_name='importrow',
            name='cells',
        ),
        migrations.AddField(
            model_name='importjob',
            name='counts',
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name='importrow',
            name='before',
            field=models.BinaryField(null=True),
        ),
        migrations.AddField(
            model_name='importrow',
            name='version',
            field=models.IntegerField(null=True),
        ),
        migrations.AlterField(
            model_name='importjob',
            name='state',
            field=models.CharField(choices=[('reading', '读取文件中'), ('new', '待对应列'), ('checking', '试运行中'), ('checked', '已试运行'), ('running', '导入中'), ('done', '已完成'), ('stopped', '已停止'), ('failed', '失败'), ('undoing', '撤销中'), ('undone', '已撤销')], default='new', max_length=8, verbose_name='状态'),
        ),
        migrations.AlterField(
            model_name='importrow',
            name='job',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='transfer.importjob'),
        ),
        migrations.AlterField(
            model_name='importrow',
            name='state',
            field=models.CharField(choices=[('ready', '检查通过'), ('wrong', '有错'), ('created', '已新增'), ('changed', '已更新'), ('same', '无变化'), ('undone', '已撤销'), ('kept', '未撤销')], max_length=8),
        ),
        migrations.AddIndex(
            model_name='importrow',
            index=models.Index(condition=models.Q(('errors', {}), _negated=True), fields=['job', 'number'], name='import_row_told'),
        ),
        migrations.AddField(
            model_name='importchunk',
            name='job',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='chunks', to='transfer.importjob'),
        ),
        migrations.AddField(
            model_name='importkey',
            name='job',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='transfer.importjob'),
        ),
        migrations.AddField(
            model_name='importpiece',
            name='job',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pieces', to='transfer.importjob'),
        ),
        migrations.AddConstraint(
            model_name='importchunk',
            constraint=models.UniqueConstraint(fields=('job', 'first'), name='import_chunk_once'),
        ),
        migrations.AddConstraint(
            model_name='importpiece',
            constraint=models.UniqueConstraint(fields=('job', 'number'), name='import_piece_once'),
        ),
    ]
