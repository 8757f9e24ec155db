"""Looking for work done for the figure: one statement a suspicion, each record once, in small batches."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as _n
from django.utils.translation import override

from gezhi.engines.jobs import Periodic
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import door, moment

from .. import models as m

BACK = dt.timedelta(days=45)
MOST = 200
CLOSE_SECONDS = 15 * 60
"""So near to its end a limit of a day or more was met at the last minute …"""
HABIT = 5
"""… and it is a habit when the unit did so as often in the span."""
FAR_METRES = 500
EASY, EASY_SECONDS = 5, 30 * 60
"""Self-reported cases of one person, day and item that were each finished within so long."""

ORDERS = """FROM cases_workorder o JOIN cases_case c ON c.id = o.case_id
WHERE o.submitted_at >= %(since)s AND o.submitted_at <= %(now)s
  AND NOT EXISTS (SELECT 1 FROM cases_gamingflag f WHERE f.kind = %(kind)s AND f.order_id = o.id)"""
AFTER = "documents_document d WHERE d.owner_type = 'work_order' AND d.owner_id = o.id AND d.role = 'after'"
STATEMENTS: dict[str, tuple[str, str]] = {
    "last_minute": (_n("截止前 %(a)s 分钟报送，该单位近期如此 %(b)s 次"), f"""
SELECT id, case_id, unit_id, area_code, left_minutes::text, often::text FROM (
  SELECT o.id, o.case_id, o.unit_id, o.area_code,
    ceil(extract(epoch FROM o.due_at - o.submitted_at) / 60) AS left_minutes,
    (SELECT count(*) FROM cases_workorder p WHERE p.unit_id = o.unit_id AND p.submitted_at >= %(since)s
     AND p.due_at - p.submitted_at BETWEEN interval '0' AND make_interval(secs => %(close)s)) AS often
  {ORDERS} AND o.due_at - o.submitted_at BETWEEN interval '0' AND make_interval(secs => %(close)s)
    AND o.due_at - o.opened_at >= interval '1 day') s WHERE often >= %(habit)s ORDER BY id LIMIT %(most)s"""),
    "photo_reused": (_n("照片与 %(a)s 的相同"), """
SELECT o.id, o.case_id, o.unit_id, o.area_code, twin.no, '' FROM cases_workorder o JOIN LATERAL (
  SELECT p.no FROM documents_document d JOIN documents_document e ON e.sha256 = d.sha256 AND e.id < d.id
    AND e.owner_type = 'work_order' AND e.owner_id <> o.id JOIN cases_workorder p ON p.id = e.owner_id
    AND p.case_id <> o.case_id
  WHERE d.owner_type = 'work_order' AND d.owner_id = o.id AND d.role = 'after' AND d.kind = 'image'
  LIMIT 1) twin ON true
WHERE o.submitted_at >= %(since)s AND o.submitted_at <= %(now)s
  AND NOT EXISTS (SELECT 1 FROM cases_gamingflag f WHERE f.kind = %(kind)s AND f.order_id = o.id)
ORDER BY o.id LIMIT %(most)s"""),
    "photo_elsewhere": (_n("拍摄处距事发点 %(a)s 米"), f"""
SELECT o.id, o.case_id, o.unit_id, o.area_code, (SELECT round(max(ST_Distance(d.taken_point::geography,
    c.place::geography)))::text FROM {AFTER}), '' {ORDERS} AND c.place IS NOT NULL
  AND EXISTS (SELECT 1 FROM {AFTER} AND d.taken_point IS NOT NULL
              AND NOT ST_DWithin(d.taken_point::geography, c.place::geography, %(far)s))
ORDER BY o.id LIMIT %(most)s"""),
    "photo_earlier": (_n("照片拍摄于 %(a)s，早于派单 %(b)s"), f"""
SELECT o.id, o.case_id, o.unit_id, o.area_code,
  (SELECT to_char(min(d.taken_at) AT TIME ZONE %(zone)s, 'YYYY-MM-DD HH24:MI') FROM {AFTER}),
  to_char(o.opened_at AT TIME ZONE %(zone)s, 'YYYY-MM-DD HH24:MI') {ORDERS}
  AND EXISTS (SELECT 1 FROM {AFTER} AND d.taken_at < o.opened_at) ORDER BY o.id LIMIT %(most)s"""),
    "easy_cases": (_n("同一人同日同一事项自报自结 %(a)s 件"), """
SELECT NULL::bigint, id, unit_id, area_code, often::text, '' FROM (
  SELECT c.id, COALESCE(c.unit_id, c.centre_id) AS unit_id, c.area_code, count(*) OVER (
    PARTITION BY c.reported_by_id, c.item_code, (c.reported_at AT TIME ZONE %(zone)s)::date) AS often
  FROM cases_case c WHERE c.reported_at >= %(since)s AND c.reported_at <= %(now)s AND c.reported_by_id IS NOT NULL
    AND c.item_code <> '' AND (c.self_handled OR c.handled_at - c.reported_at < make_interval(secs => %(easy_s)s))) s
WHERE often >= %(easy)s AND NOT EXISTS (
  SELECT 1 FROM cases_gamingflag f WHERE f.kind = %(kind)s AND f.case_id = s.id) ORDER BY id LIMIT %(most)s"""),
}
"""Words of the evidence, and the orders or cases it speaks of: order, case, unit, area, two facts."""


def look(now: dt.datetime | None = None) -> int:
    """Raise what is new, each with a check for the quality checker. Returns how many."""
    at = now or moment()
    return sum(_look_for(kind, at) for kind in STATEMENTS)


def _look_for(kind: str, at: dt.datetime) -> int:
    words, statement = STATEMENTS[kind]
    with connection.cursor() as cursor:
        cursor.execute(statement, {
            "kind": kind, "since": at - BACK, "now": at, "close": CLOSE_SECONDS, "habit": HABIT, "far": FAR_METRES,
            "easy": EASY, "easy_s": EASY_SECONDS, "most": MOST, "zone": _zone()})
        found = cursor.fetchall()
    with override("zh-hans"):  # kept with the record, as people write their opinions
        for row in found:
            _raise(kind, row, _(words))
    return len(found)


def _zone() -> str:
    from django.conf import settings

    return settings.TIME_ZONE


def _raise(kind: str, row: tuple[Any, ...], words: str) -> None:
    order_id, case_id, unit_id, area, first, second = row
    said = words % {"a": first, "b": second}
    with door(SYSTEM) as session:
        open_ = m.QualityCheck.objects.filter(case=case_id, side="centre", status="open").first()
        check = open_ or session.create(m.QualityCheck, {
            "case_id": case_id, "unit_id": unit_id, "source": "flag", "area_code": area, "focus": said[:400]},
            verb="ask_for", trusted=True, emit=False)
        session.create(m.GamingFlag, {
            "kind": kind, "case_id": case_id, "order_id": order_id, "unit_id": unit_id, "area_code": area,
            "evidence": said[:300], "check_made": check, "raised_at": session.now}, verb="raise_flag", trusted=True)


PERIODIC = (Periodic("oversight.gaming", 3600, look),)
