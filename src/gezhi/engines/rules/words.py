"""A rule as one sentence, in the reader's language; in another one under ``translation.override``."""

from __future__ import annotations

from typing import Any

from django.utils.translation import get_language_info, override
from django.utils.translation import gettext as _

from gezhi.kernel.kinds.links import AmountKind

from .declare import OPERATORS, TIMED, Subject, subject_of
from .family import CHANNELS, LEVELS, RECIPIENTS
from .tree import Tree
from .version import RuleVersion

LANGUAGES = ("zh-hans", "en")


def sentence(version: RuleVersion) -> str:
    """What the version says."""
    subject = subject_of(version.rule.subject)
    when = tree_words(version.conditions, subject)
    acts = deadline_words(version, subject) if version.rule.family == "deadline" else _("；").join(
        step_words(version, n) for n in range(len(version.steps)))
    if when:
        return _("凡%(when)s的%(subject)s，%(acts)s。") % {"when": when, "subject": subject.label, "acts": acts}
    return _("凡%(subject)s，%(acts)s。") % {"subject": subject.label, "acts": acts}


def in_languages(version: RuleVersion) -> list[dict[str, str]]:
    """The sentence in Chinese and in English."""
    out = []
    for code in LANGUAGES:
        with override(code):
            out.append({"lang": code, "name": get_language_info(code)["name_local"], "text": sentence(version)})
    return out


def tree_words(tree: Tree, subject: Subject, inner: bool = False) -> str:
    """Conditions in words; ``""`` when there are none."""
    for word, joint in (("all", _("且")), ("any", _("或"))):
        if word in tree:
            parts = [tree_words(part, subject, inner=True) for part in tree[word]]
            text = joint.join(p for p in parts if p)
            return _("（%s）") % text if inner and len(parts) > 1 else text
    return _leaf(tree, subject)


def _leaf(leaf: Tree, subject: Subject) -> str:
    fact = subject.fact(leaf["fact"])
    if fact is None:
        return str(leaf["fact"])
    operator = str(OPERATORS[fact.type][leaf["op"]])
    value = leaf["value"]
    if isinstance(value, bool):
        text = _("是") if value else _("否")
    elif fact.type in TIMED or fact.type == "number":
        text = f"{value:g}{fact.unit}"
    elif fact.type == "prefix":
        text = _("、").join((fact.named(v) or v) if fact.named else v for v in value)
    else:
        options = {str(c): str(label) for c, label in (fact.options() if fact.options else {}).items()}
        text = _("、").join(options.get(v, v) for v in value)
    return _("%(fact)s%(op)s%(value)s") % {"fact": fact.label, "op": operator, "value": text}


def measure_words(step: dict[str, Any]) -> str:
    """When a step acts."""
    value = f"{step.get('value') or 0:g}"
    return {"share": _("已用时达到时限的 %s%% 时") % value, "remaining": _("距截止不足 %s 小时时") % value,
            "overdue": _("超期满 %s 小时时") % value, "begin": _("符合条件时即")}[step["measure"]]


def step_words(version: RuleVersion, number: int) -> str:
    """What a step does and when."""
    step = version.steps[number] if number < len(version.steps) else None
    if step is None:
        return ""
    when = measure_words(step)
    family = version.rule.family
    if family == "warning":
        return _("%(when)s提醒%(who)s（%(channels)s）") % {
            "when": when, "who": _of(RECIPIENTS, step["who"]), "channels": _of(CHANNELS, step["channels"] or "inbox")}
    if family == "supervision" and step["level"] in ("yellow", "red"):
        return _("%(when)s发%(level)s") % {"when": when, "level": _of(LEVELS, step["level"])}
    if family == "supervision":
        return _("%(when)s发起%(level)s，要求 %(reply)s内回复") % {
            "when": when, "level": _of(LEVELS, step["level"]), "reply": amount(step["reply"])}
    return _("%(when)s计扣 %(points)s 分") % {"when": when, "points": f"{step['points']:g}"}


def deadline_words(version: RuleVersion, subject: Subject) -> str:
    """The limit that a version sets."""
    return _("%(clock)s时限为 %(limit)s（优先级 %(priority)d）") % {
        "clock": subject.clocks().get(version.clock, version.clock),
        "limit": amount({"value": version.limit_value or 0, "unit": version.limit_unit}),
        "priority": version.priority}


def amount(value: dict[str, Any]) -> str:
    """A limit in words."""
    return f"{value['value']:g} {AmountKind.unit_label(value['unit'])}"


def _of(choices: list[tuple[str, Any]], code: str) -> str:
    return next((str(label) for c, label in choices if c == code), code)
