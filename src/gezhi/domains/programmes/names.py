"""The programmes by name, and what their visits may be."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

PROGRAMMES = [
    ("care_person", _("关爱人群")), ("key_youth", _("重点青少年")), ("released_person", _("刑满释放人员")),
    ("correction_person", _("社区矫正人员")), ("rehab_person", _("社区戒毒康复人员")),
    ("mental_care", _("严重精神障碍患者服务")),
]
"""Name of the register and its label."""
LEVELS = [(1, _("一级")), (2, _("二级")), (3, _("三级"))]
WHO = [("grid", _("所在网格的网格员")), ("named", _("责任人或协助人"))]
"""Who is sent. For legal programmes only those the record names: a task tells its holder that somebody is in one."""
WAYS = [("door", _("上门")), ("phone", _("电话")), ("online", _("线上查看")), ("centre", _("到站点"))]
SELF_CARE = "self_care"
