"""The rounds of the programmes: who is due for a visit, and who goes. One statement a programme, for 100,000s too."""

from __future__ import annotations

import datetime as dt

import structlog
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as _n

from gezhi.engines.jobs import Periodic
from gezhi.engines.rounds import Rounds, give
from gezhi.engines.rounds.give import goer
from gezhi.foundation.units.public import WORKERS, post_of
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.bulk import bulk_change
from gezhi.kernel.door import door, moment
from gezhi.kernel.registry import registry

from .names import PROGRAMMES
from .visit_task import VisitTask

log = structlog.get_logger(__name__)
BATCH = 500
SUBJECT = """
SELECT r.id AS subject_id, r.person_id, r.unit_id, r.keeper_id, r.helper_id, r.level, p.area_code, p.home_id, h.place,
       r.next_visit AS next_on, v.least, v.online, v.who = 'grid' AS by_area{more}
FROM {table} r JOIN people_person p ON p.id = r.person_id
JOIN programmes_visitplan v ON v.programme = %(programme)s AND v.level = r.level AND v.active
LEFT JOIN premises_home h ON h.id = p.home_id
"""
DUE = """
WHERE r.left_on IS NULL AND r.begins <= %(today)s AND r.ends >= %(today)s
  AND r.next_visit <= %(today)s::date + v.ahead AND p.life_state = '01'
  AND NOT EXISTS (SELECT 1 FROM programmes_visittask t WHERE t.programme = %(programme)s
                  AND t.subject_id = r.id AND t.finished_at IS NULL)
"""
STRANDED = """
JOIN programmes_visittask t ON t.programme = %(programme)s AND t.subject_id = r.id AND t.finished_at IS NULL
LEFT JOIN units_post o ON o.id = t.post_id AND o.active AND (o.valid_to IS NULL OR o.valid_to >= %(today)s)
WHERE o.id IS NULL
"""
PREFER = f"CASE WHEN NOT d.by_area THEN COALESCE({post_of('d.keeper_id')}, {post_of('d.helper_id')}) END"
"""Legal programmes are visited by those they name; others by the worker of the grid."""


def rounds_of(programme: str, where: str = DUE, more: str = "") -> Rounds:
    """The round of one programme."""
    table = registry.register(programme).model._meta.db_table
    return Rounds(
        name=_("按走访计划派发"), told=_n("新走访任务 {title} 个"), task=VisitTask, workers=WORKERS, prefer=PREFER,
        due=SUBJECT.format(table=connection.ops.quote_name(table), more=more) + where,
        params={"programme": programme},
        columns={"programme": "%(programme)s", "subject_id": "d.subject_id", "person_id": "d.person_id",
                 "unit_id": "d.unit_id", "home_id": "d.home_id", "level": "d.level", "status": "'pending'",
                 "way": "''", "over": "false"})


def give_visits(now: dt.datetime | None = None) -> int:
    """Give the visits that have become due; twice in a row gives nothing the second time. Returns how many."""
    made = 0
    for programme, _label in PROGRAMMES:
        with door(SYSTEM, at=now) as session:
            count = give(session, rounds_of(programme), timezone.localdate(session.now))
        if count:
            log.info("visits_given", programme=programme, count=count)
        made += count
    return made


def relieve() -> int:
    """Find somebody else for open visits of whom left the post, or for which nobody was found. Returns how many."""
    moved = 0
    for programme, _label in PROGRAMMES:
        rounds = rounds_of(programme, STRANDED, ", t.id AS task_id, t.post_id AS was")
        post, joins = goer(rounds)
        statement = f"SELECT s.task_id, s.post FROM (SELECT d.task_id, d.was, {post} AS post FROM ({rounds.due}) d " \
                    f"{joins}) s WHERE s.post IS NOT NULL AND s.post IS DISTINCT FROM s.was"
        with connection.cursor() as cursor:
            cursor.execute(statement, {**rounds.params, "today": timezone.localdate(moment())})
            found = dict(cursor.fetchall())
        ids = sorted(found)
        for start in range(0, len(ids), BATCH):
            with door(SYSTEM) as session:
                tasks = list(VisitTask.objects.select_for_update(of=("self",)).filter(
                    pk__in=ids[start:start + BATCH], finished_at=None))
                moved += bulk_change(session, [(t, {"post_id": found[t.pk]}) for t in tasks], verb="relieve",
                                     opinion=_("原执行人已离岗，改派"))
    return moved


def work() -> None:
    """What the periodic job does."""
    relieve()
    give_visits()


PERIODIC = Periodic("programmes.visits", 1800, work)
