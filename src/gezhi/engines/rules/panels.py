"""What the pages of rules, versions and trials show beside their fields."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from gezhi.engines.versions import fields_changed
from gezhi.kernel.kinds import kinds_of

from . import words as said
from .declare import subject_of
from .rule import Rule
from .tree import leaves
from .trial import RuleTrial, TrialProgress
from .tried import LOOSER, NEWLY_LATE, NO_LONGER_LATE, SAME, TIGHTER
from .version import RuleVersion

COMPARED = ("priority", "open_too", "effective_from")


def words(version: RuleVersion) -> dict[str, Any]:
    """The sentence in both languages, and how it was come by."""
    return {"sentences": said.in_languages(version), "version": version}


def _text(version: RuleVersion) -> dict[str, str]:
    """Conditions and acts of a version in words, by label."""
    subject = subject_of(version.rule.subject)
    acts = (said.deadline_words(version, subject) if version.rule.family == "deadline" else
            _("；").join(said.step_words(version, n) for n in range(len(version.steps))))
    return {_("条件"): said.tree_words(version.conditions, subject) or _("全部"), _("动作"): acts}


def changes(older: RuleVersion, newer: RuleVersion) -> list[tuple[str, str, str]]:
    """What differs between two versions of a rule: label, before, after."""
    before, after = _text(older), _text(newer)
    out = [(label, before[label], after[label]) for label in before if before[label] != after[label]]
    values = [{n: getattr(v, n) for n in COMPARED} for v in (older, newer)]
    return out + list(fields_changed(kinds_of(RuleVersion), COMPARED, *values))


def difference(version: RuleVersion) -> dict[str, Any]:
    """A version against the one it was drafted from."""
    assert version.base is not None
    return {"older": version.base, "newer": version, "changes": changes(version.base, version)}


def versions(rule: Rule) -> dict[str, Any]:
    """Every version with its sentence, who answers for it, and what it changed against the one before."""
    rows = list(RuleVersion.objects.filter(rule=rule).select_related("rule", "author", "approver").order_by("no"))
    out = []
    for before, version in zip([None, *rows], rows, strict=False):
        out.append({"version": version, "sentence": said.sentence(version),
                    "changes": changes(before, version) if before is not None else []})
    return {"versions": out[::-1]}


def _lines(trial: RuleTrial) -> list[dict[str, Any]]:
    """Figures of a trial with their words; each leads to its records."""
    version = trial.rule_version
    found = {row["step"]: row for row in trial.result}
    if version.rule.family == "deadline":
        names = {NEWLY_LATE: _("将由按时变为超期"), NO_LONGER_LATE: _("将由超期变为按时"),
                 TIGHTER: _("时限缩短，结果不变"), LOOSER: _("时限放宽，结果不变"), SAME: _("时限不变")}
    else:
        names = {n: said.step_words(version, n) for n in range(len(version.steps))}
    return [{"step": n, "words": text, "count": found.get(n, {}).get("count", 0),
             "records": found.get(n, {}).get("records", 0)} for n, text in names.items()]


def _shown(trial: RuleTrial) -> dict[str, Any]:
    """A trial as the page draws it: its progress, or its figures."""
    progress = TrialProgress.objects.filter(trial_id=trial.pk).first() if trial.status == "running" else None
    return {"trial": trial, "progress": progress, "lines": _lines(trial) if trial.status == "done" else [],
            "total": sum(row["count"] for row in trial.result)}


def _fleeting(version: RuleVersion) -> str:
    """Facts of the conditions whose value today may not be the one of then."""
    subject = subject_of(version.rule.subject)
    facts = [subject.fact(leaf["fact"]) for leaf in leaves(version.conditions)]
    return _("、").join(dict.fromkeys(str(f.label) for f in facts if f is not None and not f.lasting))


def trials(version: RuleVersion) -> dict[str, Any]:
    """The last trials of a version."""
    rows = RuleTrial.objects.filter(rule_version=version).select_related("rule_version__rule").order_by("-id")[:5]
    shown = [_shown(trial) for trial in rows]
    return {"trials": shown, "subject": version.rule.subject, "fleeting": _fleeting(version),
            "busy": any(row["trial"].status == "running" for row in shown)}


def results(trial: RuleTrial) -> dict[str, Any]:
    """One trial."""
    return {"trials": [_shown(trial)], "subject": trial.rule_version.rule.subject,
            "fleeting": _fleeting(trial.rule_version), "busy": trial.status == "running"}
