import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0001_initial'),
        ('exchange', '0001_initial'),
        ('units', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='adapter',
            name='unit',
            field=models.ForeignKey(blank=True, help_text='推送工单：这个单位及其下级的工单', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit', verbose_name='自有系统的部门'),
        ),
        migrations.AlterField(
            model_name='adapter',
            name='endpoint',
            field=models.CharField(blank=True, default='', help_text='邮箱：存放 .eml 的文件夹、maildir，或 imaps://用户@主机/文件夹；推送工单：对方接收工单的网址', max_length=200, verbose_name='地址'),
        ),
        migrations.AlterField(
            model_name='adapter',
            name='mode',
            field=models.CharField(choices=[('webhook', '回调（Webhook）'), ('mail', '邮箱'), ('push', '推送工单')], max_length=10, verbose_name='接入方式'),
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版本')),
                ('seal', models.BinaryField(max_length=32, null=True)),
                ('created_at', models.DateTimeField(editable=False, verbose_name='创建时间')),
                ('updated_at', models.DateTimeField(editable=False, verbose_name='更新时间')),
                ('custom', models.JSONField(blank=True, default=dict, editable=False, verbose_name='扩展字段')),
                ('kind', models.CharField(max_length=40, verbose_name='事由')),
                ('event_id', models.BigIntegerField(editable=False, verbose_name='事件')),
                ('body', models.JSONField(default=dict, verbose_name='内容')),
                ('status', models.CharField(choices=[('queued', '待推送'), ('sent', '对方已接收'), ('failed', '推送失败')], default='queued', max_length=8, verbose_name='状态')),
                ('queued_at', models.DateTimeField(verbose_name='提交时间')),
                ('next_at', models.DateTimeField(blank=True, null=True, verbose_name='下次推送')),
                ('tries', models.PositiveSmallIntegerField(default=0, verbose_name='尝试次数')),
                ('sent_at', models.DateTimeField(blank=True, null=True, verbose_name='送达时间')),
                ('answer', models.CharField(blank=True, default='', max_length=200, verbose_name='对方回执')),
                ('error', models.CharField(blank=True, default='', max_length=300, verbose_name='失败原因')),
                ('adapter', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='exchange.adapter', verbose_name='适配器')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='cases.workorder', verbose_name='工单')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('status', 'queued')), fields=['next_at'], name='delivery_queue')],
                'constraints': [models.UniqueConstraint(fields=('adapter', 'event_id'), name='delivery_once')],
            },
        ),
    ]
