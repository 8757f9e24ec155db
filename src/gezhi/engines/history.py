"""Reading history: the timeline of a record, and the proof that nobody altered it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from gezhi.kernel import seal
from gezhi.kernel.access import VERBS
from gezhi.kernel.door import sealed_row
from gezhi.kernel.records import History, Record
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry

DEEDS = {**VERBS, "password": _("修改密码"), "relink": _("随区域调整"), "attach": _("添加附件"), "mark": _("系统标注"),
         "redate": _("系统校时"), "leave": _("退出项目"), "visit": _("走访更新"), "relieve": _("改派"),
         "replan": _("调整走访周期"), "anonymise": _("到期匿名化"), "rotate": _("更换密钥"),
         "seed": _("预置")}
"""Labels of what stands in history and is no move."""


def deed(register: Register, verb: str) -> str:
    """What an act is called: the label of its move, or of a verb every register has."""
    move = register.flow.moves().get(verb) if register.flow is not None else None
    return str(move.label if move else DEEDS.get(verb, verb))


def timeline(record: Record, *, newest_first: bool = False) -> list[History]:
    """All history rows of a record in one query."""
    register = registry.register_of(type(record))
    assert register is not None
    order = "-id" if newest_first else "id"
    return list(History.objects.filter(register=register.name, record_id=record.pk, batch=None).order_by(order))


@dataclass(frozen=True)
class Verdict:
    """Outcome of a verification: whether the chain is whole, how many rows, and the first row that is not."""

    whole: bool
    rows: int
    broken_at: int | None = None


def verify_rows(rows: Iterable[History], head: bytes | None) -> Verdict:
    """Recompute the chain of one record's rows and compare its end with the seal on the record."""
    previous, count = seal.GENESIS, 0
    for row in rows:
        previous = seal.chain(previous, sealed_row(row))
        count += 1
        if previous != bytes(row.seal):
            return Verdict(False, count, row.pk)
    if head is not None and previous != bytes(head):
        return Verdict(False, count, None)
    return Verdict(True, count)


def verify(record: Record) -> Verdict:
    """Verify one record's history against its seal (privacy.md 11)."""
    return verify_rows(timeline(record), record.seal)  # type: ignore[arg-type]
