"""The menu groups registers stand in: what is worked with first, how it is set up last."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

GROUPS: dict[str, tuple[Any, str]] = {
    "cases": (_("事件办理"), "inbox"),
    "oversight": (_("监管考核"), "gauge"),
    "work": (_("日常工作"), "clipboard-list"),
    "people": (_("实有人口"), "users"),
    "premises": (_("地址房屋"), "home"),
    "entities": (_("组织单位"), "building-store"),
    "vehicles": (_("实有车辆"), "car"),
    "places": (_("场所部件"), "map-pin"),
    "programmes": (_("关爱与帮扶"), "heart-handshake"),
    "safety": (_("平安建设"), "shield-check"),
    "governance": (_("综治组织"), "shield"),
    "knowledge": (_("知识库"), "book"),
    "records": (_("资料档案"), "archive"),
    "territory": (_("区域网格"), "map-2"),
    "organisation": (_("组织机构"), "building"),
    "catalogue": (_("事项清单"), "list-details"),
    "rules": (_("规则中心"), "adjustments"),
    "messages": (_("消息"), "messages"),
    "settings": (_("运行设置"), "settings"),
    "system": (_("系统管理"), "shield-lock"),
}
"""Names and icons by the name a register gives."""


def order(name: str) -> tuple[int, str]:
    """Sorts groups as the menu has them, unknown ones last."""
    known = list(GROUPS)
    return (known.index(name) if name in known else len(known), name)
