"""How long what is known of people in programmes is kept: help first, then figures, then nothing."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from gezhi.engines.privacy.terms import Term

from .names import PROGRAMMES

YEAR = 365
LEFT, VISIT, GONE = _("退出项目两年后"), _("走访三年后"), _("五年后连记录本身一并删除")

TERMS = (
    *(Term(name, "left_on", 2 * YEAR, "sensitive", basis=LEFT) for name, _label in PROGRAMMES),
    Term("visit_record", "visited_at", 3 * YEAR, "sensitive", basis=VISIT),
    Term("referral", "referred_on", 3 * YEAR, "sensitive", basis=VISIT),
    # an emptied record still says that somebody was in a programme
    *(Term(name, "left_on", 5 * YEAR, "remove", basis=GONE) for name, _label in PROGRAMMES),
    Term("visit_record", "visited_at", 5 * YEAR, "remove", basis=GONE),
    Term("visit_task", "finished_at", 5 * YEAR, "remove", basis=GONE),
    Term("referral", "referred_on", 5 * YEAR, "remove", basis=GONE),
)
