"""A form with one field of every control the house draws."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

COLOURS = [
    ("", "请选择"),
    ("road", "道路塌陷"),
    ("lamp", "路灯不亮"),
    ("noise", "夜间施工噪声"),
    ("waste", "暴露垃圾"),
]


class _Select(forms.Select):
    template_name = "partials/widgets/select.html"


class _Tree(forms.Select):
    template_name = "partials/widgets/tree.html"


class _Point(forms.TextInput):
    template_name = "partials/widgets/point.html"


class _Polygon(forms.Textarea):
    template_name = "partials/widgets/polygon.html"
    wide = True


class _File(forms.FileInput):
    template_name = "partials/widgets/file.html"


class _Recorder(forms.FileInput):
    template_name = "partials/widgets/recorder.html"


class SampleForm(forms.Form):
    """One field of every control; *only* keeps the named fields."""

    title = forms.CharField(label="标题", max_length=60, help_text="一句话说清楚什么事、在哪里")
    text = forms.CharField(label="诉求内容", widget=forms.Textarea, required=False)
    number = forms.IntegerField(label="涉及人数", required=False)
    day = forms.DateField(
        label="发生日期", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    kind = forms.ChoiceField(label="事项", choices=COLOURS, required=False, widget=_Select)
    unit = forms.ChoiceField(label="承办单位", choices=COLOURS, required=False)
    level = forms.ChoiceField(
        label="紧急程度",
        choices=[("normal", "一般"), ("urgent2", "紧急"), ("urgent1", "特急")],
        widget=forms.RadioSelect,
        required=False,
    )
    several = forms.MultipleChoiceField(
        label="协办单位", choices=COLOURS[1:], widget=forms.CheckboxSelectMultiple, required=False
    )
    area = forms.ChoiceField(label="所属事项分类", choices=COLOURS[1:], required=False, widget=_Tree)
    place = forms.CharField(label="位置", required=False, widget=_Point, initial="120.6196, 31.2993")
    range = forms.CharField(label="范围", required=False, widget=_Polygon)
    photos = forms.FileField(
        label="照片",
        required=False,
        widget=_File(attrs={"accept": "image/*", "photo": True, "data-most": "9"}),
    )
    voice = forms.FileField(label="录音", required=False, widget=_Recorder)
    agreed = forms.BooleanField(label="我已阅读并同意个人信息使用说明")

    def __init__(self, *args: Any, only: Iterable[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in [name for name in self.fields if only and name not in only]:
            del self.fields[name]
