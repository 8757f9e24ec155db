"""Invented data for the style gallery: long Chinese text, empty lists and errors on purpose."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils import timezone

LONG = (
    "平江路与干将东路交叉口东南角人行道地砖大面积破损并伴有积水，老人和儿童通行时多次滑倒，夜间照明不足存在较大安全隐患"
)


def _shell() -> dict[str, Any]:
    work = [
        {"label": "我的待办", "url": "#", "count": 28, "current": True},
        {"label": "全部事件", "url": "#", "count": 50123},
        {"label": "督办与催办", "url": "#", "count": 3},
    ]
    base = [
        {"label": "网格", "url": "#"},
        {"label": "单位与岗位", "url": "#"},
        {"label": "事项清单", "url": "#"},
    ]
    return {
        "home": "#",
        "search_url": "#",
        "alerts_url": "#",
        "alerts": 5,
        "mode": "normal",
        "person": {"id": "1", "name": "沈静怡", "unit": "姑苏区社会治理现代化指挥中心"},
        "posts": [
            {"id": 1, "label": "姑苏区指挥中心 · 派遣员", "current": True},
            {"id": 2, "label": "平江街道 · 网格长"},
        ],
        "post_url": "#",
        "signout_url": "#",
        "city": "苏州市",
        "hotline": "12345",
        "notice": "您提交的信息只用于办理本次诉求。",
        "rail": render_to_string("desk/parts/rail.html", {"menu": [
            {"label": "事件办理", "icon": "inbox", "open": True, "entries": work},
            {"label": "基础信息", "icon": "database", "open": False, "entries": base},
            {"label": "统计分析", "icon": "chart-bar", "open": False, "entries": []},
        ]}),
        "tabs": [
            {"label": "首页", "icon": "home", "url": "#", "current": True},
            {"label": "任务", "icon": "clipboard-list", "url": "#", "count": 12},
            {"label": "地图", "icon": "map-2", "url": "#"},
            {"label": "消息", "icon": "bell", "url": "#", "count": 3},
            {"label": "我的", "icon": "user", "url": "#"},
        ],
    }


def _queue() -> list[dict[str, Any]]:
    now = timezone.now()
    lights = [("red", -50), ("yellow", 200), ("green", 3000), ("grey", 100), ("blue", 0)]
    states = ["处置中", "待派遣", "待受理", "挂起", "已结案"]
    return [
        {
            "id": at,
            "url": f"#{at}",
            "number": f"GZ20261121{at:05d}",
            "title": LONG if at % 2 == 0 else "路灯不亮",
            "light": light,
            "due": now + timedelta(minutes=minutes),
            "state": states[at],
            "final": light == "blue",
            "urgency": ("urgent1", "urgent2", "normal", "normal", "normal")[at],
            "kind": "城乡建设 / 道路设施",
            "place": "姑苏区平江街道大儒巷社区第三网格",
            "source": "12345 热线",
            "unit": "姑苏区城市管理局",
            "last": "沈静怡 派遣",
            "at": now - timedelta(minutes=37 * at + 4),
            "current": at == 1,
        }
        for at, (light, minutes) in enumerate(lights)
    ]


def _table(queue: list[dict[str, Any]]) -> dict[str, Any]:
    columns = [
        {"key": "number", "label": "编号", "sortable": True, "sorted": "descending"},
        {"key": "title", "label": "标题"},
        {"key": "state", "label": "状态", "sortable": True},
        {"key": "count", "label": "涉及人数", "sortable": True, "numeric": True},
    ]
    rows = [
        {
            "id": item["id"],
            "url": "#",
            "cells": [item["number"], item["title"], item["state"], {"text": "1,204", "numeric": True}],
        }
        for item in queue
    ]
    return {"columns": columns, "rows": rows}


def _timeline() -> list[dict[str, Any]]:
    now = timezone.now()
    acts: list[tuple[str, str, str, str, dict[str, Any]]] = [
        ("催办", "周立新", "姑苏区指挥中心 · 值班长", "请今天下班前反馈处置情况。", {"alarm": True}),
        ("派遣", "沈静怡", "姑苏区指挥中心 · 派遣员", "按权责清单交办。", {"changes": [
            {"label": "承办单位", "before": "", "after": "姑苏区城市管理局"},
            {"label": "状态", "before": "待派遣", "after": "处置中"},
        ]}),
        ("自动判重", "系统", "", "", {"quiet": True}),
        ("登记", "热线接线员", "", LONG, {}),
    ]  # fmt: skip
    return [
        {
            "label": label,
            "who": who,
            "post": post,
            "opinion": opinion,
            "at": now - timedelta(hours=at * 3),
            **more,
        }
        for at, (label, who, post, opinion, more) in enumerate(acts)
    ]


def _tree() -> list[dict[str, Any]]:
    due = timezone.now() + timedelta(hours=5)
    crew = {"label": "市政养护二队", "state": "处置中", "light": "yellow", "due": due, "note": "下派"}
    lead = {
        "label": "姑苏区城市管理局",
        "role": "lead",
        "order": 1,
        "state": "处置中",
        "light": "green",
        "due": due,
    }
    help_ = {
        "label": "平江街道办事处",
        "role": "assist",
        "order": 2,
        "state": "已反馈",
        "final": True,
        "light": "blue",
    }
    return [
        {
            "label": "姑苏区社会治理现代化指挥中心",
            "note": "总时限",
            "light": "green",
            "due": due,
            "children": [lead | {"children": [crew], "current": True}, help_],
        }
    ]


class _Dispatch(forms.Form):
    unit = forms.ChoiceField(label="承办单位", choices=[("a", "姑苏区城市管理局"), ("b", "平江街道办事处")])
    opinion = forms.CharField(label="意见", widget=forms.Textarea, required=False)


def _map() -> dict[str, Any]:
    points = [
        {
            "type": "Feature",
            "properties": {"id": at, "name": f"事件 {at}", "light": ("green", "yellow", "red")[at % 3]},
            "geometry": {
                "type": "Point",
                "coordinates": [120.55 + (at * 37 % 100) / 600, 31.25 + (at * 61 % 100) / 700],
            },
        }
        for at in range(120)
    ]
    ring = [[120.56, 31.26], [120.7, 31.26], [120.72, 31.36], [120.58, 31.38], [120.56, 31.26]]
    area = {
        "type": "Feature",
        "properties": {"name": "姑苏区"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    shade = {
        "field": "light",
        "values": {"green": "#17813f", "yellow": "#f2b100", "red": "#cf1f2b"},
        "legend": [["按时", "#17813f"], ["临期", "#f2b100"], ["超期", "#cf1f2b"]],
    }
    return {
        "center": [120.63, 31.31],
        "zoom": 11,
        "layers": [
            {
                "id": "areas",
                "label": "区县",
                "geometry": "polygon",
                "label_field": "name",
                "data": _collection([area]),
            },
            {
                "id": "cases",
                "label": "在办事件",
                "geometry": "point",
                "shade": shade,
                "data": _collection(points),
            },
        ],
    }


def _collection(features: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": features}


def _charts() -> dict[str, Any]:
    hours = [f"{hour:02d}时" for hour in range(24)]
    flow = [3, 2, 1, 1, 2, 6, 14, 30, 52, 61, 58, 44, 39, 50, 57, 49, 45, 40, 31, 22, 18, 12, 8, 5]
    return {
        "line": {
            "kind": "line",
            "categories": hours,
            "series": [{"name": "上报", "values": flow}],
            "unit": " 件",
        },
        "rank": {
            "kind": "rank",
            "categories": ["工业园区", "昆山市", "姑苏区", "吴中区", "相城区"],
            "series": [{"name": "在办", "values": [1204, 988, 860, 642, 401]}],
        },
        "none": {"kind": "line", "categories": [], "series": []},
    }


def _jobs() -> list[dict[str, Any]]:
    job = {
        "id": 1,
        "label": "导入历史事件",
        "done": 31200,
        "total": 50000,
        "rate": 1480,
        "left": "13 秒",
        "failed": 12,
    }
    return [
        job | {"state": "running-still", "errors_url": "#", "stop_url": "#"},
        job | {"id": 2, "done": 50000, "state": "done", "result_url": "#"},
    ]


def _tiles() -> list[dict[str, Any]]:
    return [
        {"key": "today", "label": "今日上报", "value": "1,204", "unit": "件", "change": "+8.2%", "url": "#"},
        {
            "key": "rate",
            "label": "按时办结率",
            "value": "97.4",
            "unit": "%",
            "change": "+0.6",
            "target": "98%",
        },
        {"key": "none", "label": "满意率", "value": None},
    ]


def _asks() -> list[dict[str, Any]]:
    common = {"required": False, "help": "", "errors": []}
    units = [["work_day", "工作日"], ["work_hour", "工作时"]]
    pairs = [["a", "甲"], ["b", "乙"]]
    row = [
        {"type": "select", "name": "unit", "label": "单位", "options": pairs},
        {"type": "number", "name": "days", "label": "天数"},
    ]
    asks: list[dict[str, Any]] = [
        {"type": "text", "name": "t", "label": "标题", "required": True, "help": "一句话", "errors": ["请填写“标题”"]},
        {"type": "textarea", "name": "o", "label": "意见"},
        {"type": "amount", "name": "l", "label": "时限", "units": units, "value": {"value": 2, "unit": "work_day"}},
        {"type": "date_range", "name": "d", "label": "上报时间"},
        {"type": "number_range", "name": "n", "label": "涉及人数"},
        {"type": "select", "name": "r", "label": "紧急程度", "options": pairs, "radio": True, "value": "a"},
        {"type": "multiselect", "name": "m", "label": "状态", "options": pairs, "value": ["b"]},
        {"type": "checkbox", "name": "c", "label": "公开答复", "value": True},
        {"type": "link", "name": "k", "label": "承办单位", "value": {"id": 7, "name": "姑苏区城市管理局"}},
        {"type": "rows", "name": "s", "label": "协办安排", "of": row},
        {"type": "files", "name": "f", "label": "现场照片", "most": 9, "voice": True},
        {"type": "point", "name": "p", "label": "位置", "value": {"lon": 120.62, "lat": 31.3}},
    ]
    return [common | ask | {"id": f"ask-{ask['name']}"} for ask in asks]


def samples() -> dict[str, Any]:
    """Context of the gallery, made anew each time so that lights count from now."""
    queue = _queue()
    moves = [
        {
            "name": "dispatch",
            "label": "派遣",
            "icon": "send",
            "url": "#",
            "main": True,
            "form": _Dispatch(),
            "version": 3,
        },
        {"name": "return", "label": "退回", "icon": "arrow-back-up", "url": "#", "form": _Dispatch()},
        {"name": "void", "label": "废止", "icon": "ban", "url": "#", "danger": True, "form": _Dispatch()},
    ]
    steps = ["登记", "受理", "立案", "派遣", "处置", "审核", "回访", "结案"]
    return {
        "shell": _shell(),
        "asks": _asks(),
        "queue": queue,
        "table": _table(queue),
        "pager": {"previous": "", "next": "abc", "count": 50123, "estimate": True},
        "crumbs": [{"label": "事件办理", "url": "#"}, {"label": "我的待办"}],
        "head": queue[0] | {"facts": ["12345 热线", "姑苏区平江街道", "2026-11-21 08:30"], "demo": True},
        "steps": [{"label": name, "done": at < 4, "now": at == 4} for at, name in enumerate(steps)],
        "acts": _timeline(),
        "nodes": _tree(),
        "moves": moves,
        "map": _map(),
        "charts": _charts(),
        "jobs": _jobs(),
        "tiles": _tiles(),
        "views": [
            {"label": "今天到期", "url": "#", "count": 12, "current": True},
            {"label": "已超期", "url": "#", "count": 3},
            {"label": "我关注的", "url": "#", "count": 1208},
        ],
        "applied": [
            {"label": "区县", "value": "姑苏区", "url": "?"},
            {"label": "状态", "value": "处置中", "url": "?"},
        ],
        "fields": [
            {"label": "报告人", "value": "王＊", "reveal_url": "#"},
            {"label": "电话", "value": "138****2201", "reveal_url": "#"},
            {"label": "所属网格", "value": "大儒巷社区第三网格"},
            {"label": "车牌", "value": ""},
            {"label": "详细地址", "value": LONG, "span": True},
        ],
        "counts": {"green": 120, "yellow": 14, "red": 3, "grey": 2, "blue": 860},
        "conflict": [
            {"label": "标题", "mine": "路灯不亮", "theirs": "路灯不亮（3 盏）", "differs": True},
            {"label": "位置", "mine": "大儒巷", "theirs": "大儒巷"},
        ],
        "trace": "7f3c-2291",
        "long": LONG,
        "hints": [{"role": "派遣员", "name": "dispatcher", "password": "demo"}],
    }
