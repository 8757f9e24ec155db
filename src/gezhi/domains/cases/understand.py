"""Reading reports by machine: item, unit, signs of danger; what people then decide is kept and teaches.

All of it happens in the worker, after the report was taken: a citizen never waits for it.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import structlog
from django.utils.translation import gettext as _

from gezhi.engines.text import signs, suggestion, use
from gezhi.engines.text.use import Said
from gezhi.engines.workflow.act import act
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import door, moment
from gezhi.kernel.errors import Conflict, Invalid
from gezhi.kernel.events import Consumer
from gezhi.kernel.records import History

from . import locate, ports
from .ledger.explain import as_row
from .limits import stage_limit
from .models import Case
from .suggest import suggestions

log = structlog.get_logger(__name__)
STALE = dt.timedelta(days=2)
"""Reports older than this are imports of the past: nobody is alarmed by them."""
SURE_CHANNELS = ("iot", "video_ai")
"""What devices report names its item itself."""
READ = ("title", "content", "address", "area_code", "place", "item_code", "channel", "urgency", "labels", "status",
        "reported_at", "version")
"""What reading a report looks at, of some ninety columns."""


def attempt(case: Any, move: str, inputs: dict[str, Any]) -> bool:
    """Make a move as the system; when a person was faster or the facts do not suffice, leave it to people."""
    try:
        with door(SYSTEM):
            act(SYSTEM, case, move, inputs)
    except (Conflict, Invalid) as error:
        log.info("left to a person", case=case.pk, move=move, why=str(error))
        return False
    return True


def words(case: Any) -> str:
    """What the citizen said, as the models read it."""
    return f"{case.title}\n{case.content}"


def report(events: list[Any]) -> None:
    """Reports came in: cry out at danger, then let the classifier name their items when it is sure, or suggest them."""
    for case in Case.objects.filter(pk__in=[e.record_id for e in events], status="reported").only(*READ):
        look_out(case)
        locate.read(case)
        if not case.item_code:
            _classify(case)
        elif case.channel in SURE_CHANNELS:
            _adopt(case, case.item_code, 1.0)


def _classify(case: Any) -> None:
    """Ask the model in use; what it says is kept beside the case whether it is taken, shown or left to people."""
    said = ports.classify(words(case))
    if said is None:
        return
    best = said.guesses[0]
    taken = _adopt(case, best.label, best.confidence)
    mode = "automatic" if taken else "suggest" if best.confidence >= stage_limit("suggest")[0] else "ask"
    with door(SYSTEM) as session:
        suggestion.remember(session, case, "item", said, mode)


def _adopt(case: Any, code: str, sure: float) -> bool:
    """Register the case under an item when the rule allows it (threshold of automatic classification)."""
    if sure < stage_limit("classify")[0] or not case.area_code or ports.item_facts(code, moment()) is None:
        return False
    return attempt(case, "auto_classify", {"item_code": code, "confidence": sure})


def look_out(case: Any) -> None:
    """Signs in the words: danger to life raises the urgency and calls a person; other signs become labels."""
    if moment() - case.reported_at > STALE:
        return
    seen = signs.found(words(case))
    if not seen:
        return
    names = dict(signs.KINDS)
    labels = [str(names[kind]) for kind in seen]
    urgency = "urgent1" if "danger" in seen and case.urgency != "urgent1" else ""
    if urgency or set(labels) - set(case.labels):
        said = "；".join(f"{names[kind]}：{'、'.join(found)}" for kind, found in seen.items())
        attempt(case, "mark_signs", {"urgency": urgency, "labels": labels, "opinion": said[:500]})


def filed(event: Any) -> None:
    """A case was filed: keep what the unit model says, for the dispatcher's list."""
    case = Case.objects.filter(pk=event.record_id).first()
    said = use.say("unit", words(case)) if case is not None else None
    if case is None or said is None:
        return
    mode = "suggest" if said.guesses[0].confidence >= stage_limit("suggest")[0] else "ask"
    with door(SYSTEM) as session:
        suggestion.remember(session, case, "unit", said, mode)


def decided(event: Any) -> None:
    """A person decided: note item or unit beside what was suggested; where they differ it is a correction."""
    case = Case.objects.filter(pk=event.record_id).first()
    if case is None:
        return
    move = event.kind.partition(".")[2]
    purpose = "unit" if move in ("dispatch", "reassign") else "item"
    chosen = str(case.unit_id or "") if purpose == "unit" else case.item_code
    who = History.objects.filter(register="case", record_id=case.pk, verb=move).order_by("-id").values_list(
        "actor_name", flat=True).first()
    with door(SYSTEM) as session:
        if purpose == "unit":
            ranked(session, case)
        suggestion.decided(session, case, purpose, chosen, who or "")
        if purpose == "item" and case.area_code:
            suggestion.decided(session, case, "place", case.area_code, who or "", within=True)


def ranked(session: Any, case: Any) -> None:
    """Write beside a person's dispatch how the units were ranked, and whether the person agreed: it teaches."""
    kept = case.decisions.filter(how__in=("dispatch", "reassign"), place=None).order_by("-id").first()
    if kept is None:
        return
    rows = [as_row(one) for one in suggestions(case)]
    places = [row["unit_id"] for row in rows]
    place = places.index(kept.unit_id) + 1 if kept.unit_id in places else 0
    session.change(kept, {"ranking": rows, "place": place, "advised_id": places[0] if places else None,
                          "agreed": place == 1 if places else None,
                          "model_code": next((row["model"] for row in rows if row["model"]), "")[:40]},
                   verb="rank", trusted=True, emit=False)


def by_hand(case: Any) -> Said | None:
    """What was suggested for a case, as the models said it; ``None`` when nothing was."""
    row = suggestion.of(case, "item")
    if row is None:
        return None
    guesses = [use.Guess(row.label, row.confidence), *(use.Guess(label, sure) for label, sure in row.others)]
    return Said(row.model_code, tuple(guesses))


def proposed_item(case: Any, _actor: Any) -> str | None:
    """What the form of registration starts with: the case's item, else the suggestion where it is good enough."""
    if case is None:
        return None
    if case.item_code:
        return str(case.item_code)
    said = by_hand(case)
    if said is None or said.guesses[0].confidence < stage_limit("suggest")[0]:
        return None
    code = said.guesses[0].label
    return code if ports.item_facts(code, moment()) is not None else None


def panel(case: Any, _actor: Any) -> dict[str, Any]:
    """The suggestion with the names of the items and the confidence in whole domains and categories."""
    said = by_hand(case)
    if said is None:
        return {"case": case, "rows": []}
    now, rows, sums = moment(), [], dict[str, float]()
    for guess in said.guesses:
        domain, category, name = ports.item_path(guess.label, now)
        rows.append({"code": guess.label, "path": " / ".join(p for p in (domain, category, name) if p) or guess.label,
                     "share": round(guess.confidence * 100), "known": bool(name)})
        for part in {domain, f"{domain} / {category}"} if domain else set[str]():
            sums[part] = sums.get(part, 0.0) + guess.confidence
    wide = sorted(((part, round(share * 100)) for part, share in sums.items()), key=lambda pair: -pair[1])
    least = stage_limit("suggest")[0]
    return {"case": case, "rows": rows, "wide": wide[:4], "version": said.version,
            "good": said.guesses[0].confidence >= least,
            "least": _("低于 %d%% 的建议不预填，请人工判断") % round(least * 100)}


CONSUMERS = (Consumer("cases.classify", ("case.report",), report, many=True),
             Consumer("cases.unit_guess", ("case.file",), filed),
             Consumer("cases.decided", ("case.complete", "case.amend", "case.dispatch", "case.reassign"), decided))
