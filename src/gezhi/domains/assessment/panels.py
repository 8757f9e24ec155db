"""What the pages of assessment show beside their fields."""

from __future__ import annotations

import ast
import re
from decimal import Decimal
from typing import Any

from gezhi.kernel.access import sight
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Invalid
from gezhi.kernel.registry import registry

from . import formula
from .appeal import ScoreAppeal, corrections
from .appeal import corrected as applied
from .indicators import BY_NAME, known
from .publication import Publication, ScoreLine
from .scheme import SchemeVersion
from .score import graded, scored

MOST = 200


def words(version: SchemeVersion, _actor: Actor) -> dict[str, Any]:
    """The formula with its indicators in words."""
    tree = formula.parse(version.formula, known(version.scheme.kind))
    named = {n: BY_NAME[n] for n in formula.names(tree)}
    others = [i for n, i in known(version.scheme.kind).items() if n not in named]
    return {"version": version, "said": said(tree), "used": list(named.values()), "others": others}


def said(tree: ast.expr) -> str:
    """A formula with the labels of its indicators."""
    text = re.sub(r"[a-z_]+", lambda m: str(BY_NAME[m[0]].label) if m[0] in BY_NAME else m[0], ast.unparse(tree))
    return text.replace(" * ", " × ")


def figures(line: ScoreLine, actor: Actor) -> dict[str, Any]:
    """Each figure with the links to the records behind it; which of them the formula uses."""
    tree = formula.parse(line.scheme_version.formula, known(line.scheme_version.scheme.kind))
    used = set(formula.names(tree))
    entries = corrections(line)
    now = applied(line, entries)[0] if entries else {}
    rows = []
    for name, figure in line.figures.items():
        indicator = BY_NAME[name]
        rows.append({"name": name, "indicator": indicator, "figure": figure, "used": name in used,
                     "percent": None if indicator.sum or not figure["value"] else Decimal(figure["value"]) * 100,
                     "now": now.get(name) if now and now[name] != figure else None,
                     "linked": actor.may(f"{indicator.of}.view")})
    rows.sort(key=lambda r: not r["used"])
    return {"line": line, "rows": rows, "said": said(tree), "version": line.scheme_version}


def ranking(publication: Publication, actor: Actor) -> dict[str, Any]:
    """The best of each sort of object, as far as the actor sees them, and how the formula ranks them."""
    rows = ScoreLine.objects.filter(sight(registry.register("score_line"), actor), publication=publication)
    groups = []
    for kind, label in ScoreLine._meta.get_field("kind").flatchoices:
        found = list(rows.filter(kind=kind).select_related("scheme_version__scheme").order_by("level", "rank", "name")[
            :MOST] if kind == "area" else rows.filter(kind=kind).select_related(
            "scheme_version__scheme").order_by("rank", "name")[:MOST])
        if found:
            groups.append({"kind": kind, "label": label, "lines": found, "more": len(found) == MOST,
                           "version": found[0].scheme_version})
    return {"publication": publication, "groups": groups}


def what_if(version: SchemeVersion, actor: Actor) -> dict[str, Any]:
    """The newest month's figures under this version: score, grade and place, before and after; nothing is written."""
    publication = Publication.objects.filter(status__in=("draft", "sealed")).order_by("-month", "-no").first()
    if publication is None:
        return {"publication": None, "rows": []}
    seen = ScoreLine.objects.filter(sight(registry.register("score_line"), actor), publication=publication,
                                    kind=version.scheme.kind)
    rows: list[dict[str, Any]] = []
    broken = ""
    for line in seen.order_by("rank", "name")[:MOST]:
        try:
            score = scored(version, line.figures)
        except Invalid as error:
            broken = str(error)
            break
        rows.append({"line": line, "score": score, "change": score - line.score, "grade": graded(version, score),
                     "counts": line.base >= version.least})
    places = sorted((r for r in rows if r["counts"]), key=lambda r: (-r["score"], r["line"].name))
    for place, row in enumerate(places, 1):
        row["place"] = place
        row["moved"] = (row["line"].rank - place) if row["line"].rank else None
        row["down"] = -row["moved"] if row["moved"] else 0
    grades = dict(ScoreLine._meta.get_field("grade").flatchoices)
    for row in rows:
        row["grade"] = grades[row["grade"]]
    rows.sort(key=lambda r: r.get("place") or MOST + 1)
    return {"publication": publication, "rows": rows, "broken": broken,
            "moved": sum(1 for r in rows if r.get("moved")), "changed": sum(1 for r in rows if r["change"])}


def corrections_(line: ScoreLine, actor: Actor) -> dict[str, Any]:
    """Appeals against a line that the actor sees, newest first."""
    rows = ScoreAppeal.objects.filter(sight(registry.register("score_appeal"), actor), line=line)
    return {"line": line, "appeals": list(rows.select_related("unit").order_by("-id"))}
