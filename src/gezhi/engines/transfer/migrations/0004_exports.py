
import django.db.models.deletion
import gezhi.kernel.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('transfer', '0003_chunks'),
    ]

    operations = [
        migrations.CreateModel(
            name='ExportRequest',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版本')),
                ('seal', models.BinaryField(max_length=32, null=True)),
                ('created_at', models.DateTimeField(editable=False, verbose_name='创建时间')),
                ('updated_at', models.DateTimeField(editable=False, verbose_name='更新时间')),
                ('custom', models.JSONField(blank=True, default=dict, editable=False, verbose_name='扩展字段')),
                ('register', models.CharField(max_length=40, verbose_name='登记簿')),
                ('columns', models.CharField(max_length=2000, verbose_name='导出的列')),
                ('query', gezhi.kernel.fields.SealedField(blank=True, editable=True, form='text', high=True, null=True, verbose_name='筛选条件')),
                ('form', models.CharField(choices=[('xlsx', 'Excel'), ('csv', 'CSV')], default='xlsx', max_length=8, verbose_name='格式')),
                ('purpose', models.TextField(max_length=500, verbose_name='用途')),
                ('rows', models.IntegerField(default=0, verbose_name='行数')),
                ('by_id', models.BigIntegerField(verbose_name='申请人编号')),
                ('by_name', models.CharField(max_length=80, verbose_name='申请人')),
                ('post_id', models.BigIntegerField(blank=True, null=True, verbose_name='岗位编号')),
                ('area_code', gezhi.kernel.fields.AreaCodeField(blank=True, db_collation='C', default='', max_length=15, verbose_name='区域')),
                ('decided_by', models.CharField(blank=True, default='', max_length=80, verbose_name='审批人')),
                ('expires_at', models.DateTimeField(blank=True, null=True, verbose_name='可下载至')),
                ('fetched', models.IntegerField(default=0, verbose_name='下载次数')),
                ('problem', models.CharField(blank=True, default='', max_length=300, verbose_name='问题')),
                ('status', models.CharField(choices=[('asked', '待审批'), ('building', '生成中'), ('ready', '可下载'), ('refused', '未批准'), ('ended', '已收回'), ('expired', '已过期'), ('failed', '生成失败')], default='asked', max_length=8, verbose_name='状态')),
            ],
            options={
                'indexes': [models.Index(fields=['by_id'], name='export_request_by_id'), models.Index(fields=['status'], name='export_request_status'), models.Index(fields=['area_code'], name='export_request_area_code')],
            },
        ),
        migrations.CreateModel(
            name='ExportPiece',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.IntegerField()),
                ('body', models.BinaryField()),
                ('request', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pieces', to='transfer.exportrequest')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('request', 'number'), name='export_piece_once')],
            },
        ),
    ]
