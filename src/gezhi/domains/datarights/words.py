"""Choices and texts of requests about one's own data."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

KINDS = [("copy", _("查阅、复制")), ("correct", _("更正、补充")), ("erase", _("删除")), ("explain", _("解释说明"))]
"""PIPL 45 to 48."""
ASKERS = [("self", _("本人")), ("guardian", _("监护人")), ("agent", _("受托人")), ("kin", _("已故者近亲属"))]
PROOFS = [("original", _("当面核对证件原件")), ("guardian", _("核对证件和监护关系证明")),
          ("mandate", _("核对证件和委托书")),
          ("kinship", _("核对证件和亲属关系证明")), ("account", _("实名账号核验"))]
FITTING = {"self": ("original", "account"), "guardian": ("guardian",), "agent": ("mandate",), "kin": ("kinship",)}
"""What proves whom."""
RESULTS = [("agreed", _("已满足")), ("partly", _("部分满足")), ("refused", _("不予满足")),
           ("nothing", _("没有收集此人的信息")), ("unproved", _("身份未能核实"))]
GROUNDS = [("duty", _("法定职责必需，须保留")), ("term", _("法定保存期限未届满")),
           ("third", _("涉及他人信息")),
           ("held", _("依法封存")), ("unclear", _("请求不明确"))]
FIGURES = {"open": _("在办个人信息请求"), "late": _("超期个人信息请求"), "on_time": _("个人信息请求按期答复率")}
SOURCE = "data_request"
"""Source of the case of a request; with the request's id it leads back, to whoever may see the request."""
KEPT_SINCE_ANSWER = _("答复后保存三年备查")
