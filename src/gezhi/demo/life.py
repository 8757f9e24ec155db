"""The course of an invented case: every move of the life cycle with its time, from report to archive.

The moves and their names follow the transitions of the case life cycle (T1 to T45). A course is first
written to its end, as if time had no limit; what lies after *now* is then cut off, which leaves exactly the
mixture of waiting, running, suspended and overdue cases that a living city has.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from gezhi.demo import profiles
from gezhi.demo.grammar import Grammar, Report, note
from gezhi.demo.workclock import WorkClock
from gezhi.foundation.catalogue.reference import SELF_HANDLED

SATISFACTION_ON_TIME = ((5, 46), (4, 30), (3, 11), (2, 3), (1, 1.5), (0, 8.5))
SATISFACTION_POOR = ((5, 6), (4, 18), (3, 22), (2, 22), (1, 22), (0, 10))
OUTCOMES = (("01", 81), ("02", 6), ("03", 5), ("04", 3), ("05", 1), ("06", 1.5), ("07", 1.5), ("08", 1))
RETURNS = (("01", 52), ("02", 20), ("03", 12), ("04", 8), ("05", 4), ("06", 4))
EXTENSIONS = (("01", 45), ("02", 15), ("03", 10), ("04", 12), ("05", 18))
SUSPENSIONS = (("01", 8), ("02", 32), ("03", 22), ("04", 14), ("05", 8), ("06", 16))
REJECTIONS = (("01", 22), ("02", 18), ("03", 12), ("05", 34), ("07", 14))
SOLVED = frozenset({"01", "08"})


@dataclass(frozen=True, slots=True)
class Step:
    """One move: its name, its time (epoch seconds), the role that makes it, and what it carries."""

    move: str
    at: int
    role: str
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Matter:
    """What a course is written for: the item's facts, the report, and whether it repeats an earlier case."""

    code: str
    group: str
    urgency: str
    limit: tuple[float, str]
    verify: bool
    inspect: bool
    channel: str
    report: Report
    anonymous: bool
    repeat: int


def weighted(rng: Random, table: tuple[tuple[Any, float], ...]) -> Any:
    """A key of ``table`` drawn by its weight."""
    point = rng.random() * sum(weight for _, weight in table)
    for key, weight in table:
        point -= weight
        if point < 0:
            return key
    return table[-1][0]


class Course:
    """Writes one case's steps; use ``course`` below.

    Args:
        rng: source of chance.
        clock: working time.
        grammar: writes the replies.
        matter: the case.
    """

    def __init__(self, rng: Random, clock: WorkClock, grammar: Grammar, matter: Matter) -> None:
        self.rng, self.clock, self.grammar, self.matter = rng, clock, grammar, matter
        self.steps: list[Step] = []
        self.at = 0
        self.late = False
        self.unhappy = 0
        self.urgent = matter.urgency == "特急"
        self.public = matter.channel in profiles.PUBLIC_CHANNELS

    # -- small tools -------------------------------------------------------------------------------------

    def do(self, move: str, role: str, **data: Any) -> None:
        """Add a step at the present time of the course."""
        self.steps.append(Step(move, self.at, role, data))

    def pause(self, median: float, spread: float = 0.7, working: bool = False) -> None:
        """Let a log-normal while pass, median in minutes, in working time or round the clock."""
        seconds = max(5.0, 60 * median * math.exp(spread * self.rng.gauss(0, 1)))
        self.at = self.clock.add_work(self.at, seconds) if working else self.at + int(seconds)

    def chance(self, share: float) -> bool:
        """True for ``share`` of all draws."""
        return self.rng.random() < share

    def say(self, kind: str) -> str:
        """A note of the staff in this course's chance."""
        return note(self.rng, kind)

    # -- the line ----------------------------------------------------------------------------------------

    def run(self, at: int) -> list[Step]:
        """The whole course of a report made at ``at``."""
        self.at = at
        matter = self.matter
        own = matter.channel == "grid_app" and matter.code in SELF_HANDLED and not self.urgent
        if own and self.chance(0.55):
            self.do("self_handle", "grid_member", outcome="01", reply=self.say("inspect_ok"))
            self.close()
            return self.steps
        self.do("report", "grid_member" if matter.channel == "grid_app" else "public")
        if self.accept():
            self.dispatch()
            if self.handle():
                self.close()
        return self.steps

    def accept(self) -> bool:
        """From the report to the filing; False when it ended on the way (rejected, replied, voided …)."""
        matter = self.matter
        if matter.channel in ("iot", "video_ai") or self.chance(0.3):
            self.pause(0.3, 0.4)
            sure = round(self.rng.uniform(0.86, 0.99), 3)
            self.do("auto_classify", "system", item=matter.code, confidence=sure)
        else:
            phone = matter.channel in ("hotline_12345", "police_110", "on_site")
            self.pause(6 if phone or self.urgent else 38, 0.8, working=not (phone or self.urgent))
            self.do("complete", "acceptor", item=matter.code)
        if matter.repeat >= 0 and self.chance(0.85):
            self.pause(9)
            move = "void_duplicate" if self.chance(0.7) else "merge"
            self.do(move, "acceptor", master=matter.repeat, reason="01")
            return False
        if matter.report.demand in ("咨询", "建议", "感谢") and self.chance(0.72):
            self.pause(25, 1.0, working=True)
            self.do("direct_reply", "acceptor", reply=self.say("direct"))
            return False
        if self.public and self.chance(0.006):
            self.pause(30)
            self.do("withdraw", "public", reason="反映人称已解决")
            return False
        if not self.urgent and self.public and self.chance(0.026):
            self.pause(20)
            code = weighted(self.rng, REJECTIONS)
            self.do("reject", "acceptor", reason=code, reply=self.say(f"reject_{code}"))
            return False
        if matter.verify and self.public and self.chance(0.38) and not self.verify():
            return False
        self.pause(4)
        role = "system" if self.steps[-1].move == "auto_classify" else "acceptor"
        self.do("file", role, item=matter.code, condition=matter.report.condition)
        return True

    def verify(self) -> bool:
        """A grid member looks whether the report is true; False when it is not and the report is rejected."""
        self.pause(5)
        self.do("request_verification", "acceptor")
        self.pause(20 if self.urgent else 55, 0.6, working=not self.urgent)
        result = weighted(self.rng, (("true", 84), ("part", 8), ("false", 8)))
        self.do("submit_verification", "grid_member", result=result, opinion=self.say(f"verified_{result}"))
        if result == "false":
            self.pause(20, working=True)
            self.do("reject", "acceptor", reason="08", reply=self.say("reject_08"))
            return False
        return True

    def dispatch(self) -> None:
        """From the filing (or a granted return) to a unit's desk."""
        again = any(step.move == "dispatch" or step.move == "auto_dispatch" for step in self.steps)
        if not again and self.chance(0.62):
            self.at += self.rng.randrange(2, 20)
            self.do("auto_dispatch", "system")
            self.opened = self.at
            return
        self.pause(5 if self.urgent else 22, 0.8, working=not self.urgent)
        if self.chance(0.025):
            self.do("request_coordination", "dispatcher", reason=self.say("coordinate"))
            self.pause(90, working=True)
            self.do("coordinate", "shift_leader", decision=self.say("decided"))
            self.opened = self.at
            return
        mode = weighted(self.rng, (("single", 89), ("lead_co", 8), ("parallel", 2), ("sequential", 1)))
        self.do("dispatch", "dispatcher", mode=mode, remark=self.say("remark"), other=again)
        self.opened = self.at

    def handle(self) -> bool:
        """From the unit's desk to an accepted result; False when the course stays open for good."""
        self.sign()
        amount, unit = self.matter.limit
        if self.detours(amount, unit) == "hard":
            return self.hard()
        self.finish(amount, unit)
        return self.review()

    def sign(self) -> None:
        """The unit signs, or returns the order and another unit gets it."""
        self.pause(7 if self.urgent else 45, 0.9, working=not self.urgent)
        if not self.urgent and self.chance(0.045):
            code = weighted(self.rng, RETURNS)
            self.do("return", "unit_clerk", reason=code, opinion=self.say(f"return_{code}"))
            self.pause(60, working=True)
            if self.chance(0.75):
                self.do("approve_return", "reviewer", opinion="同意退回")
                self.dispatch()
                self.pause(30, working=True)
            else:
                self.do("refuse_return", "reviewer", opinion="按权责清单应由你单位办理")
                self.pause(20, working=True)
        self.do("sign", "unit_clerk")
        self.pause(8, 0.8, working=not self.urgent)
        self.do("assign_handler", "unit_clerk")

    def detours(self, amount: float, unit: str) -> str:
        """Extension, suspension, hard case: rare, and never for what is urgent."""
        self.extended, self.left = 0.0, 1.0
        if self.urgent or unit == "urgent_hour":
            return ""
        if self.chance(0.012):
            code = weighted(self.rng, SUSPENSIONS)
            until = self.at + self.rng.randrange(20, 150) * 86400
            self.pause(300, working=True)
            text = self.say(f"suspend_{code}")
            self.do("apply_suspension", "unit_clerk", reason=code, until=until, text=text)
            self.pause(180, working=True)
            self.do("approve_suspension", "shift_leader", until=until)
            self.at = max(self.clock.next_working(until), self.at + 60)
            self.do("resume", "system")
            self.opened, self.left = self.at, 0.5
        elif self.chance(0.035) and self.at < self.clock.add(self.opened, amount * 0.8, unit):
            self.at = max(self.at, self.clock.add(self.opened, amount * self.rng.uniform(0.35, 0.8), unit))
            code = weighted(self.rng, EXTENSIONS)
            days = max(1, round(amount if unit == "work_day" else amount / 8))
            self.do("apply_extension", "unit_clerk", reason=code, days=days, text=self.say(f"extend_{code}"))
            self.at = self.clock.add_work(self.at, self.rng.uniform(600, 5000))
            granted = self.chance(0.85)
            self.do("approve_extension" if granted else "refuse_extension", "shift_leader", days=days)
            self.extended = 1.0 if granted else 0.0
        return "hard" if self.chance(0.0015) else ""

    def finish(self, amount: float, unit: str, share: float = 1.0) -> None:
        """The handler reports back and the unit hands in its result, in time or late."""
        late = profiles.LATE_BASE * profiles.LATE_GROUP.get(self.matter.group, 1.0)
        used = self.rng.betavariate(1.7, 2.6) * 0.9 + 0.03
        if self.chance(late if share == 1.0 else late * 0.6):
            used = 1.02 + self.rng.expovariate(1.6)
        span = amount * share * (self.left + self.extended)
        self.at = max(self.at + 120, self.clock.add(self.opened, span * used, unit))
        self.late = self.at > self.clock.add(self.opened, span, unit)
        if self.public and self.late and self.chance(0.3):
            self.steps.append(Step("urge", self.at - 60, "public", {"text": self.say("urge")}))
        self.outcome = weighted(self.rng, OUTCOMES)
        reply = self.grammar.reply(self.rng, self.matter.code, self.outcome, self.matter.report.condition)
        self.do("feedback", "handler", outcome=self.outcome, result=reply)
        self.at += self.rng.randrange(60, 1500)
        self.do("submit_result", "unit_clerk", outcome=self.outcome, reply=reply)

    def redo(self, amount: float, unit: str, share: float) -> None:
        """Handle once more with part of the limit."""
        self.opened, self.extended, self.left = self.at, 0.0, 1.0
        self.finish(amount, unit, share)

    def review(self) -> bool:
        """The centre's check of the result, with inspection and callback where they apply."""
        amount, unit = self.matter.limit
        for turn in range(3):
            self.pause(95, 0.8, working=True)
            if turn < 2 and self.chance(0.035):
                self.do("review_return", "reviewer", defects=self.say("review_bad"))
                self.redo(amount, unit, 0.4)
                continue
            self.do("review_pass", "reviewer", opinion=self.say("review_ok"))
            if self.matter.inspect and not self.inspect(turn):
                self.do("review_return", "reviewer", defects=self.say("inspect_bad"))
                self.redo(amount, unit, 0.4)
                continue
            if not self.public or self.matter.anonymous or self.call_back(turn):
                return True
            self.pause(40, working=True)
            self.do("redo", "dispatcher", reason="unsatisfied")
            self.pause(40, 0.8, working=True)
            self.do("sign", "unit_clerk")
            self.pause(10, working=True)
            self.do("assign_handler", "unit_clerk")
            self.redo(amount, unit, 0.5)
        return True

    def inspect(self, turn: int) -> bool:
        """A grid member looks whether it is fixed; False sends it back to the reviewer's desk."""
        self.pause(70, 0.7, working=True)
        fixed = turn >= 2 or self.chance(0.96)
        kind = "inspect_ok" if fixed else "inspect_bad"
        self.do("submit_inspection", "grid_member", solved=fixed, opinion=self.say(kind))
        if not fixed:
            self.pause(30, working=True)
        return fixed

    def call_back(self, turn: int) -> bool:
        """Ask the citizen; False when the case has to be done again."""
        self.pause(420, 0.6, working=True)
        poor = self.late or self.outcome not in SOLVED or turn > 0
        score = weighted(self.rng, SATISFACTION_POOR if poor else SATISFACTION_ON_TIME)
        solved = "yes" if score >= 4 else "part" if score == 3 else "no"
        if score == 0:
            self.unreached()
            return True
        again = turn < 2 and score in (1, 2) and self.chance(0.45)
        self.do(
            "callback", "callback_agent", reached=True, contacted=self.chance(0.94), solved=solved, satisfaction=score,
            attitude=min(5, score + 1), comment=self.say(f"callback_{score}"), redo=again,
        )  # fmt: skip
        return not again

    def unreached(self) -> None:
        """Nobody answers: three attempts on different half-days, after which the case goes on unrated."""
        for attempt in range(3):
            if attempt:
                self.at = self.clock.add_work(self.at, self.rng.uniform(4.2, 7) * 3600)
            self.do("callback", "callback_agent", reached=False, satisfaction=0, comment=self.say("callback_0"))

    def hard(self) -> bool:
        """A hard case: marked, instructed by a leader, met over, and most of them settled after weeks."""
        self.pause(600, working=True)
        self.do("mark_hard", "shift_leader", reason=self.say("hard"))
        self.pause(900, working=True)
        self.do("instruct", "leader", text=self.say("instruct"))
        if self.chance(0.15):
            return False
        self.at = self.clock.add(self.at, self.rng.uniform(8, 45), "work_day")
        self.do("joint_meeting", "shift_leader", minutes=self.say("decided"))
        self.opened, self.extended, self.left = self.at, 0.0, 1.0
        self.finish(10, "work_day")
        return self.review()

    def close(self) -> None:
        """Close and archive."""
        self.pause(60, 0.6, working=True)
        self.do("close", "reviewer")
        self.pause(500, 0.8, working=True)
        self.do("archive", "archivist")


def course(
    rng: Random, clock: WorkClock, grammar: Grammar, matter: Matter, at: int, now: int,
    keep: Callable[[Step], bool] = lambda step: True,
) -> tuple[Step, ...]:  # fmt: skip
    """The steps of a case up to now, in order of time.

    Args:
        rng, clock, grammar: what ``Course`` takes.
        matter: the case.
        at: when it was reported, epoch seconds.
        now: steps after this are left out (they have not happened yet).
        keep: an extra filter of steps.
    """
    steps = Course(rng, clock, grammar, matter).run(at)
    return tuple(step for step in steps if step.at <= now and keep(step))
