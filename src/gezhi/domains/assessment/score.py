"""Counting a month: facts from the log, figures from facts, scores from figures; the same again for its proof."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import structlog
from django.db import DatabaseError, connection

from gezhi.engines.workflow.act import act
from gezhi.foundation.territory.public import Region
from gezhi.foundation.units.models import Post, Unit
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.bulk import bulk_create
from gezhi.kernel.door import door, moment
from gezhi.kernel.errors import GezhiError
from gezhi.kernel.registry import registry

from . import formula, replay
from .facts import Fact, Month, everything, month
from .indicators import BY_NAME, known
from .publication import AssessFact, Publication, ScoreLine
from .scheme import SchemeVersion, in_force

log = structlog.get_logger(__name__)
SETTLE = dt.timedelta(minutes=2)
"""A transaction may still be writing its row of the log for so long after the moment the row speaks of."""
LEVELS = {6: "county", 9: "town", 12: "community"}
Sums = dict[str, list[Decimal]]
Tree = Mapping[str, list[int]]
"""Departments above a unit, by its number."""


@dataclass
class Line:
    """A score and what it was made of, before it is written.

    Args:
        figures: by indicator ``{"num", "den", "value"}`` as text of decimals; ``value`` is empty where none was due.
    """

    kind: str
    key: str
    figures: dict[str, dict[str, str]] = field(default_factory=dict)
    base: int = 0
    score: Decimal = Decimal(0)
    grade: str = ""
    rank: int | None = None

    def told(self) -> str:
        """One line of the digest."""
        parts = ";".join(f"{n}={f['num']}/{f['den']}" for n, f in sorted(self.figures.items()))
        return f"{self.kind}|{self.key}|{self.base}|{self.score}|{self.grade}|{self.rank or ''}|{parts}"


def tree_of(facts: Iterable[Fact]) -> Tree:
    """The departments above each unit that facts name, as they stand now; centres are scored by their areas."""
    paths = dict(Unit.objects.filter(pk__in={f.unit_id for f in facts if f.unit_id is not None}).values_list(
        "pk", "path"))
    above = {pk: ["/" + "/".join(parts[:n]) + "/" for n in range(1, len(parts))]
             for pk, path in paths.items() for parts in [path.strip("/").split("/")]}
    known = dict(Unit.objects.filter(path__in={p for found in above.values() for p in found}).exclude(
        kind="centre").values_list("path", "pk"))
    tree = {str(pk): [known[p] for p in found if p in known] for pk, found in sorted(above.items())}
    return {pk: found for pk, found in tree.items() if found}


def keys_of(fact: Fact, tree: Tree) -> Iterable[tuple[str, str]]:
    """The objects a fact counts for: its post; or its unit, the units above, and the areas it lies in at each level."""
    if fact.post_id is not None:
        yield "post", str(fact.post_id)
        return
    if fact.unit_id is not None:
        yield "unit", str(fact.unit_id)
        for pk in tree.get(str(fact.unit_id), ()) if fact.up else ():
            yield "unit", str(pk)
    for digits in LEVELS:
        if len(fact.area_code) >= digits:
            yield "area", fact.area_code[:digits]


def summed(facts: Iterable[Fact], tree: Tree) -> dict[tuple[str, str], Sums]:
    """Numerators and denominators by object and indicator."""
    out: dict[tuple[str, str], Sums] = {}
    for fact in facts:
        for key in keys_of(fact, tree):
            sums = out.setdefault(key, {})
            for name, (num, den) in fact.adds.items():
                if key[0] not in BY_NAME[name].objects:
                    continue
                pair = sums.setdefault(name, [Decimal(0), Decimal(0)])
                pair[0] += Decimal(num)
                pair[1] += Decimal(den)
    return out


def scored(version: Any, figures: Mapping[str, Mapping[str, str]]) -> Decimal:
    """The score of an object by a version of the formula; what was not due stands at its neutral value.

    Raises:
        Invalid: the formula divides by zero with these figures.
    """
    tree = formula.parse(version.formula, known(version.scheme.kind))
    given = {}
    for name in formula.names(tree):
        text = figures.get(name, {}).get("value", "")
        given[name] = Decimal(text) if text else BY_NAME[name].neutral
    return formula.points(formula.value(tree, given))


def graded(version: Any, score: Decimal) -> str:
    """The grade of a score."""
    return "good" if score >= version.good else "fair" if score >= version.fair else (
        "poor" if score >= version.poor else "bad")


def figures_of(sums: Sums) -> dict[str, dict[str, str]]:
    """Sums as they are kept, with the value of each."""
    out = {}
    for name, (num, den) in sorted(sums.items()):
        value = BY_NAME[name].value(num, den)
        out[name] = {"num": _plain(num), "den": _plain(den), "value": "" if value is None else str(value)}
    return out


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def lines(sums: Mapping[tuple[str, str], Sums], versions: Mapping[str, Any]) -> list[Line]:
    """Scores of all objects, ranked within kind and level; those with too few cases are not ranked."""
    out = []
    for (kind, key), pairs in sorted(sums.items()):
        version = versions.get(kind)
        if version is None:
            continue
        line = Line(kind, key, figures_of(pairs), int(max((den for _num, den in pairs.values()), default=Decimal(0))))
        line.score = scored(version, line.figures)
        line.grade = graded(version, line.score)
        out.append(line)
    ranked(out, versions)
    return out


def ranked(found: list[Line], versions: Mapping[str, Any]) -> None:
    """Equal scores share a rank; areas are ranked among those of their level."""
    groups: dict[tuple[str, int], list[Line]] = {}
    for line in found:
        if line.base >= versions[line.kind].least:
            groups.setdefault((line.kind, len(line.key) if line.kind == "area" else 0), []).append(line)
    for group in groups.values():
        group.sort(key=lambda one: (-one.score, one.key))
        for place, line in enumerate(group, 1):
            before = group[place - 2] if place > 1 else None
            line.rank = before.rank if before is not None and before.score == line.score else place


def digest_of(month_: str, versions: Mapping[str, Any], calendar: str, found: Iterable[Line]) -> str:
    """SHA-256 over the month, the versions, and every line in a fixed order."""
    head = ",".join(f"{k}:{v.pk}:{v.formula}" for k, v in sorted(versions.items()))
    body = "\n".join(line.told() for line in sorted(found, key=lambda one: (one.kind, one.key)))
    return hashlib.sha256(f"{month_}\n{calendar}\n{head}\n{body}".encode()).hexdigest()


def chained(publication: Publication) -> str:
    """The link of a month to the months sealed before it."""
    last = Publication.objects.filter(status="sealed").order_by("-sealed_at", "-id").first()
    return hashlib.sha256(f"{last.chain if last else ''}{publication.month}{publication.digest}".encode()).hexdigest()


def run(publication_id: int) -> None:
    """Count a publication that waits for it; a failure is kept on it."""
    publication = Publication.objects.filter(pk=publication_id, status="computing").first()
    if publication is None:
        return
    try:
        count(publication)
    except GezhiError as error:
        act(SYSTEM, publication, "fail", {"opinion": str(error)})
    except DatabaseError as error:
        if connection.connection is None or connection.connection.closed:
            raise  # the database is away: the job is tried again
        log.exception("assessment_failed", publication=publication_id)
        act(SYSTEM, publication, "fail", {"opinion": str(error).splitlines()[0]})


def count(publication: Publication, now: dt.datetime | None = None) -> None:
    """Facts, lines and digest of a publication, in one transaction."""
    cut = replay.Cut((now or moment()) - SETTLE, replay.head())
    calendar = registry.port("calendar")(None, cut.at).version
    of = month(publication.month, cut, calendar)
    facts = list(everything(of))
    versions = {kind: v for kind in ("unit", "area", "post") if (v := in_force(kind)) is not None}
    tree = tree_of(facts)
    found = lines(summed(facts, tree), versions)
    with door(SYSTEM) as session:
        keep_facts(publication, facts)
        bulk_create(session, ScoreLine, _rows(publication, found, versions), verb="create", check=False)
        act(SYSTEM, publication, "finish", {"result": {
            "facts": len(facts), "tree": tree, "calendar": calendar, "head": cut.head, "cut_at": cut.at.isoformat(),
            "digest": digest_of(publication.month, versions, calendar, found),
            "differing": sum(f.due_differs for f in facts)}})


def keep_facts(publication: Publication, facts: list[Fact]) -> None:
    """Write the rows behind the figures."""
    AssessFact.objects.filter(publication_id=publication.pk).delete()
    AssessFact.objects.bulk_create((AssessFact(
        publication_id=publication.pk, register=f.register, record_id=f.record_id, unit_id=f.unit_id,
        area_code=f.area_code, post_id=f.post_id, up=f.up,
        adds={n: list(p) for n, p in f.adds.items()}) for f in facts), batch_size=2000)


def _rows(publication: Publication, found: list[Line], versions: Mapping[str, SchemeVersion]
          ) -> Iterable[dict[str, Any]]:
    units = Unit.objects.in_bulk([int(o.key) for o in found if o.kind == "unit"])
    posts = Post.objects.select_related("staff", "unit", "role").in_bulk(
        [int(o.key) for o in found if o.kind == "post"])
    regions = dict(Region.objects.filter(area_code__in=[o.key for o in found if o.kind == "area"]).values_list(
        "area_code", "name"))
    for line in found:
        unit = units.get(int(line.key)) if line.kind == "unit" else None
        post = posts.get(int(line.key)) if line.kind == "post" else None
        area = line.key if line.kind == "area" else unit.area_code if unit else post.unit.area_code if post else ""
        level = LEVELS[len(line.key)] if line.kind == "area" else unit.level if unit else (
            post.role.code if post else "")
        name = regions.get(line.key, line.key) if line.kind == "area" else str(unit or post or line.key)
        yield {"publication": publication, "kind": line.kind, "scheme_version": versions[line.kind], "unit": unit,
               "post": post, "area_code": area, "name": name[:120], "level": level[:12], "base": line.base,
               "figures": line.figures, "score": line.score, "grade": line.grade, "rank": line.rank}


def month_of(publication: Publication) -> Month:
    """The month of a publication as it was cut when it was counted."""
    assert publication.cut_at is not None and publication.head is not None
    return month(publication.month, replay.Cut(publication.cut_at, publication.head), publication.calendar)
