"""The proof of a sealed month: every score counted again from the log, and the log itself looked over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _

from gezhi.engines.history import verify_rows
from gezhi.kernel.errors import Missing
from gezhi.kernel.records import History

from . import appeal, score
from .facts import everything
from .publication import AssessFact, Publication, ScoreLine

SHOWN = 20


@dataclass
class Proof:
    """What a proof found.

    Args:
        lines: scores compared; ``facts``: records counted again; ``records``: chains of the log looked over.
        wrong: what does not match, in words, at most so many; ``count`` says how many in all.
        differing: due times in the log that are not what the calendar says (a later calendar was applied, a limit
            was set by hand); known when the month was counted, no error by themselves.
    """

    month: str
    lines: int = 0
    facts: int = 0
    records: int = 0
    differing: int = 0
    count: int = 0
    wrong: list[str] = field(default_factory=list)

    def blame(self, what: str) -> None:
        """Something does not match."""
        self.count += 1
        if len(self.wrong) < SHOWN:
            self.wrong.append(what)

    @property
    def whole(self) -> bool:
        return not self.count


def sealed(month: str = "") -> list[Publication]:
    """Sealed publications, the oldest first; of one month when it is given.

    Raises:
        Missing: there is none of that month.
    """
    found = Publication.objects.filter(status="sealed").order_by("sealed_at", "id")
    rows = list(found.filter(month=month) if month else found)
    if month and not rows:
        raise Missing(_("%s 还没有公布") % month)
    return rows


def verify(publication: Publication, *, seals: bool = True, say: Callable[[str], None] = lambda _line: None) -> Proof:
    """Count a sealed month again and compare it to the digit.

    Args:
        seals: also compute again the chain of every record that counts; the longer part for a large city.
        say: told of progress.
    """
    proof = Proof(publication.month)
    kept = list(ScoreLine.objects.filter(publication=publication).select_related(
        "scheme_version__scheme", "publication"))
    versions = {line.kind: line.scheme_version for line in kept}
    say(_("正在从日志重新统计 %s") % publication.month)
    facts = list(everything(score.month_of(publication)))
    proof.facts, proof.differing = len(facts), sum(f.due_differs for f in facts)
    found = score.lines(score.summed(facts, publication.tree), versions)
    _compare(proof, kept, found)
    _compare_facts(proof, publication, facts)
    if score.digest_of(publication.month, versions, publication.calendar, found) != publication.digest:
        proof.blame(_("内容摘要不一致"))
    _compare_chain(proof, publication)
    if seals:
        say(_("正在核对日志的哈希链"))
        for register, records in groupby(sorted({(f.register, f.record_id) for f in facts}), key=lambda k: k[0]):
            _seals(proof, register, [pk for _register, pk in records])
    return proof


def _key(line: Any) -> tuple[str, str]:
    return line.kind, {"unit": str(line.unit_id), "post": str(line.post_id)}.get(line.kind, line.area_code)


def _compare(proof: Proof, kept: list[ScoreLine], found: list[score.Line]) -> None:
    again = {(line.kind, line.key): line for line in found}
    proof.lines = len(kept)
    for line in kept:
        new = again.pop(_key(line), None)
        if new is None:
            proof.blame(_("日志中没有“%s”") % line)
            continue
        if (new.score, new.grade, new.rank, new.base) != (line.score, line.grade, line.rank, line.base):
            proof.blame(_("“%(line)s”公布 %(kept)s 分，重算 %(new)s 分") % {"line": line, "kept": line.score,
                                                                    "new": new.score})
        for name in sorted({*new.figures, *line.figures}):
            if new.figures.get(name) != line.figures.get(name):
                proof.blame(_("“%(line)s”的 %(name)s：公布 %(kept)s，重算 %(new)s") % {
                    "line": line, "name": name, "kept": line.figures.get(name), "new": new.figures.get(name)})
        entries = appeal.corrections(line)
        wanted = appeal.corrected(line, entries)[1] if entries else None
        if wanted != line.corrected:
            proof.blame(_("“%(line)s”更正后 %(kept)s 分，重算 %(new)s 分") % {"line": line, "kept": line.corrected,
                                                                     "new": wanted})
    for key in again:
        proof.blame(_("公布的结果中缺少 %s") % " ".join(key))


def _compare_facts(proof: Proof, publication: Publication, facts: list[Any]) -> None:
    rows = AssessFact.objects.filter(publication_id=publication.pk).values_list(
        "register", "record_id", "unit_id", "post_id", "adds")
    kept = sorted((r, pk, unit or 0, post or 0, tuple(sorted((n, *v) for n, v in adds.items())))
                  for r, pk, unit, post, adds in rows)
    new = sorted((f.register, f.record_id, f.unit_id or 0, f.post_id or 0,
                  tuple(sorted((n, *v) for n, v in f.adds.items()))) for f in facts)
    if kept != new:
        strange = set(kept) ^ set(new)
        proof.blame(_("计入的记录与日志不一致：%d 处") % len(strange))


def _compare_chain(proof: Proof, publication: Publication) -> None:
    import hashlib

    before = Publication.objects.filter(status="sealed", sealed_at__lt=publication.sealed_at).order_by(
        "-sealed_at", "-id").first()
    text = f"{before.chain if before else ''}{publication.month}{publication.digest}"
    if hashlib.sha256(text.encode()).hexdigest() != publication.chain:
        proof.blame(_("封存链断裂"))


def _seals(proof: Proof, register: str, ids: list[int]) -> None:
    """The hash chains of the records that count, as far as the log goes today."""
    for start in range(0, len(ids), 500):
        rows = History.objects.filter(register=register, record_id__in=ids[start:start + 500], batch=None)
        for pk, chain in _by_record(rows.order_by("record_id", "seq", "id")):
            proof.records += 1
            if not verify_rows(chain, None).whole:
                proof.blame(_("%(register)s %(pk)d 的日志被改动") % {"register": register, "pk": pk})


def _by_record(rows: Any) -> Iterator[tuple[int, list[History]]]:
    for pk, group in groupby(rows, key=lambda row: row.record_id):
        yield pk, list(group)
