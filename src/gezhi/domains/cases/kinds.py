"""Computed columns of the case line: the step citizens see, the answer they get."""

from __future__ import annotations

import random
from typing import Any

from django.utils.translation import gettext_lazy as _

from gezhi.engines.workflow.lights import TIMED_FILTERS, YES_NO, LightKind
from gezhi.kernel.kinds import PUBLIC, Kind

__all__ = ["TIMED_FILTERS", "YES_NO", "AnswerKind", "LightKind", "StageKind"]


class StageKind(Kind):
    """The step citizens see, from the state."""

    sortable = False
    reads = ("status",)

    def __init__(self) -> None:
        super().__init__(None, "stage", _("阶段"))

    def value(self, record: Any) -> str:
        return record.stage

    def filter_widget(self) -> None:
        return None

    def sample(self, rng: random.Random) -> str:
        return "处置"


class AnswerKind(Kind):
    """What the citizen is told: the reply, from when it has been looked at, never a draft of the unit's."""

    TOLD = frozenset({"pending_callback", "pending_close", "closed", "archived", "replied", "rejected", "merged",
                      "voided"})
    sortable = False
    reads = ("status", "public_reply")

    def __init__(self) -> None:
        super().__init__(None, "answer", _("答复"))
        self.sensitivity = PUBLIC

    def value(self, record: Any) -> str:
        return record.public_reply if record.status in self.TOLD else ""

    def filter_widget(self) -> None:
        return None

    def sample(self, rng: random.Random) -> str:
        return "已清理"
