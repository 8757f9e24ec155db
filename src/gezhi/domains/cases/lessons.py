"""What past cases teach the classifiers: the item people confirmed, the unit that did the work."""

from __future__ import annotations

from collections.abc import Iterator

from gezhi.engines.text.lessons import Lesson
from gezhi.engines.text.suggestion import corrected
from gezhi.kernel.errors import Invalid
from gezhi.kernel.events import Port

from . import models as m

MOST = 200_000
"""Past cases looked at, the newest first."""
NO_LESSON = ("draft", "voided", "merged", "withdrawn")


def lessons(purpose: str) -> Iterator[Lesson]:
    """Past cases as lessons, the newest first.

    ``item``: what a person confirmed; a case that only the machine has classified and nobody has closed teaches nothing
    (it comes without class). ``unit``: the lead unit whose result was accepted.

    Raises:
        Invalid: there is nothing to learn for such a purpose.
    """
    if purpose == "item":
        return _items()
    if purpose == "unit":
        return _units()
    raise Invalid(f"no lessons for {purpose!r}")


def _items() -> Iterator[Lesson]:
    wrong = corrected("case", "item")
    rows = m.Case.objects.exclude(status__in=NO_LESSON).order_by("-id").values_list(
        "pk", "title", "content", "item_code", "confidence", "closed_at")[:MOST]
    for pk, title, content, item, confidence, closed in rows.iterator(chunk_size=2000):
        sure = item and (confidence is None or closed is not None)
        yield Lesson(item if sure else "", f"{title}\n{content}", pk in wrong)


def _units() -> Iterator[Lesson]:
    wrong = corrected("case", "unit")
    done = m.WorkOrder.objects.filter(parent=None, role="lead", status__in=("submitted", "accepted"))
    rows = done.order_by("-id").values_list("case_id", "case__title", "case__content", "unit_id")[:MOST]
    for case, title, content, unit in rows.iterator(chunk_size=2000):
        yield Lesson(str(unit), f"{title}\n{content}", case in wrong)


LESSONS = Port("text_lessons", lessons)
