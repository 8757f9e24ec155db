"""Assessment: scores from the log, sealed by month, proved to the digit, corrected only beside what was published."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from gezhi.domains.assessment import formula, panels, score
from gezhi.domains.assessment.appeal import ScoreAppeal
from gezhi.domains.assessment.drill import count
from gezhi.domains.assessment.indicators import BY_NAME, known
from gezhi.domains.assessment.publication import AssessFact, Publication, ScoreLine, monthly
from gezhi.domains.assessment.scheme import Scheme, SchemeVersion, in_force
from gezhi.domains.assessment.verify import verify
from gezhi.domains.cases.tests.city import City, m, ports, when
from gezhi.engines.tables.query import Query
from gezhi.engines.workflow.act import act
from gezhi.foundation.units.public import actor_of
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import write
from gezhi.kernel.errors import Conflict, Invalid, Missing, Refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def city(db, monkeypatch):
    from gezhi.domains.cases.moves import intake

    intake._centres.clear()
    made = City()
    ports(monkeypatch, made)
    yield made
    intake._centres.clear()


def done(city, at, end):
    """A case handled by the department and handed in at a moment."""
    case, order = city.handled(at, item="0103001")
    city.submit(order, end)
    return city.again(case), city.again(order)


@pytest.fixture
def september(city):
    """Three orders due in September 2026: on time, late, never handed in; and one card."""
    good = done(city, "2026-09-01 09:00", "2026-09-03 10:00")
    late = done(city, "2026-09-02 09:00", "2026-09-18 10:00")
    open_ = city.handled("2026-09-03 09:00", item="0103001")
    case = city.do("reviewer", good[0], "review_pass", "2026-09-03 16:00", inspect="no")
    case = city.do("callback_agent", case, "callback", "2026-09-04 09:00", reached=True, contacted="yes", solved="part",
                   satisfaction=4, attitude=4)
    case = city.do("shift_leader", case, "close", "2026-09-04 10:00")
    act(SYSTEM, m.Card, "issue", {"case": late[0], "colour": "yellow", "reason": "overdue", "opinion": "超期"},
        at=when("2026-09-20 09:00"))
    return {"good": good, "late": late, "open": open_, "closed": case}


def counted(city, month="2026-09", now="2026-10-08 09:00"):
    made = act(city.actor("supervisor"), Publication, "count", {"month": month})
    score.count(made, when(now))
    return Publication.objects.get(pk=made.pk)


def line(publication, city, unit=None):
    return ScoreLine.objects.get(publication=publication, unit=unit or city.cg)


def sealed(city):
    return act(city.actor("leader"), counted(city), "seal", {"opinion": "九月考核"})


def test_figures_are_counted_from_the_log(city, september):
    made = counted(city)
    assert (made.status, made.differing) == ("draft", 0) and made.digest
    mine = line(made, city)
    figures = {n: (f["num"], f["den"]) for n, f in mine.figures.items()}
    assert figures["handled"] == ("2", "3") and figures["on_time"] == ("1", "3") and figures["late_open"] == ("1", "3")
    assert figures["solved"] == ("0.5", "1") and figures["satisfied"] == figures["response"] == ("1", "1")
    assert figures["card_points"] == ("1", "0") and figures["sign_on_time"] == ("3", "3")
    wanted = (40 * (Decimal("0.7") * Decimal("0.333333") + Decimal("0.3")) + 25 * (Decimal("0.6") + Decimal("0.2") * 2)
              + 25 * (Decimal("0.5") * Decimal("0.5") + Decimal("0.5")) + 10 * (1 - Decimal(1) / 10))
    assert mine.score == formula.points(wanted) and mine.rank is None and mine.base == 3
    assert mine.scheme_version == in_force("unit")
    posts = ScoreLine.objects.filter(publication=made, kind="post")
    reviewer = posts.get(post_id=city.actor("reviewer").post_id)
    assert reviewer.figures["acts_on_time"]["num"] == "1"
    assert {o.area_code for o in ScoreLine.objects.filter(publication=made, kind="area")} >= {"320508", "320508001"}


def test_every_figure_leads_to_exactly_its_records(city, september):
    mine = line(counted(city), city)
    admin = city.actor("admin")

    def listed(indicator, part):
        register = BY_NAME[indicator].of
        page = Query(register, admin, {"assessed": f"{mine.pk}-{indicator}-{part}"}).page(50)
        assert len(page.rows) == count(mine, BY_NAME[indicator], part)
        return {r.pk for r in page.rows}

    good, late, open_ = (september[n][1].pk for n in ("good", "late", "open"))
    assert listed("on_time", "n") == {good} and listed("on_time", "d") == {good, late, open_}
    assert listed("on_time", "m") == {late, open_} and listed("late_open", "n") == {open_}
    assert listed("solved", "n") == {september["closed"].pk} and listed("card_points", "n") == set(
        m.Card.objects.values_list("pk", flat=True))
    clerk = Query("work_order", city.actor("unit_clerk", city.hb), {"assessed": f"{mine.pk}-on_time-d"})
    assert not clerk.page(50).rows
    for wrong in ("x", f"{mine.pk}-none-n", f"{mine.pk}-on_time-q", "99999999-on_time-n", f"{mine.pk}-solved-n"):
        with pytest.raises(Invalid):
            Query("work_order", admin, {"assessed": wrong}).page(50)


def test_a_department_is_scored_with_the_units_below_it(city, september):
    case = city.give(city.filed("2026-09-07 09:00", item="0103001"), "2026-09-07 09:00", unit=city.team.pk)
    own = city.do("unit_clerk", case.orders.get(), "sign", "2026-09-07 09:30", of=city.team)
    city.submit(own, "2026-09-08 09:00", of=city.team)
    _case, above = city.handled("2026-09-07 09:00", item="0103001")
    city.do("unit_clerk", above, "split", "2026-09-07 10:00", children=[{"unit": city.team.pk}])
    publication = sealed(city)
    whole, team = line(publication, city), line(publication, city, city.team)
    assert (team.figures["handled"]["num"], team.figures["handled"]["den"]) == ("1", "2"), "its own and the child"
    assert (whole.figures["handled"]["num"], whole.figures["handled"]["den"]) == ("3", "5"), "three, one above, one own"
    for part, number in (("n", 3), ("d", 5)):
        rows = Query("work_order", city.actor("admin"), {"assessed": f"{whole.pk}-handled-{part}"}).page(50).rows
        assert len(rows) == number == count(whole, BY_NAME["handled"], part)
    assert not ScoreLine.objects.filter(unit__in=[city.root, city.centre]).exists(), "centres are scored by area"
    write(SYSTEM, "change", city.team, {"parent": city.hb})
    assert verify(publication).whole, "who stood above whom is kept with the month"


def test_a_published_month_is_proved_to_the_digit_and_stays(city, september):
    publication = sealed(city)
    before = line(publication, city).score
    late = september["late"][1]
    from gezhi.domains.cases.public import exempt

    exempt(city.actor("supervisor"), late, "事后免责")
    city.submit(september["open"][1])
    proof = verify(publication)
    assert proof.whole, proof.wrong
    assert proof.lines == ScoreLine.objects.filter(publication=publication).count() and proof.records > 3
    assert line(publication, city).score == before
    with pytest.raises(Invalid, match="已公布"):
        act(city.actor("supervisor"), Publication, "count", {"month": "2026-09"})


def test_what_somebody_changes_behind_the_door_is_found(city, september):
    publication = sealed(city)
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('gezhi.door', 'open', true)")
        cursor.execute("UPDATE assessment_scoreline SET score = 99 WHERE unit_id = %s", [city.cg.pk])
    proof = verify(publication)
    assert not proof.whole and any("99" in w for w in proof.wrong)
    with pytest.raises(DatabaseError), transaction.atomic():
        AssessFact.objects.filter(publication_id=publication.pk).delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        AssessFact.objects.filter(publication_id=publication.pk).update(adds={})


def test_nobody_seals_what_they_counted_nor_a_month_that_runs(city, september):
    made = counted(city)
    with pytest.raises((Refused, Missing)):
        act(city.actor("supervisor"), made, "seal", {"opinion": "x"})
    own = act(city.actor("admin"), Publication, "count", {"month": "2026-08"})
    score.count(own, when("2026-10-08 09:00"))
    with pytest.raises(Conflict, match="自己"):
        act(city.actor("admin"), Publication.objects.get(pk=own.pk), "seal", {"opinion": "x"})
    early = counted(city, now="2026-09-20 09:00")
    with pytest.raises(Conflict, match="结束"):
        act(city.actor("leader"), early, "seal", {"opinion": "x"})
    assert Publication.objects.get(pk=made.pk).status == "superseded"
    for month in ("2999-01", "2026-13", "九月"):
        with pytest.raises(Invalid):
            act(city.actor("supervisor"), Publication, "count", {"month": month})
    for role in ("unit_clerk", "acceptor", "handler"):
        with pytest.raises(Refused):
            act(city.actor(role), Publication, "count", {"month": "2026-07"})


def test_a_correction_stands_beside_the_published_score(city, september):
    publication = sealed(city)
    mine = line(publication, city)
    clerk = city.actor("unit_clerk")
    with pytest.raises((Refused, Missing)):
        act(city.actor("unit_clerk", city.hb), ScoreAppeal, "appeal", {
            "line": mine, "indicator": "on_time", "opinion": "不是我们的"})
    appeal = act(clerk, ScoreAppeal, "appeal", {"line": mine, "indicator": "on_time", "opinion": "暴雨停工"})
    with pytest.raises((Refused, Missing)):
        act(city.actor("supervisor"), appeal, "advise", {"opinion": "县里管不到市级部门"})
    appeal = act(actor_of(city.post("supervisor", area="3205")), appeal, "advise", {"opinion": "属实"})
    with pytest.raises(Invalid):
        act(city.actor("leader"), appeal, "grant", {"num": "9", "den": "0", "opinion": "过多"})
    appeal = act(city.actor("leader"), appeal, "grant", {"num": "1", "den": "0", "opinion": "免责"})
    after = line(publication, city)
    assert after.score == mine.score == Decimal("74.08") and after.corrected == appeal.after == Decimal("83.42")
    assert verify(publication).whole
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('gezhi.door', 'open', true)")
        cursor.execute("UPDATE assessment_scoreline SET corrected = 100 WHERE id = %s", [mine.pk])
    assert any("更正" in w for w in verify(publication).wrong)


def test_sight_of_scores_is_bounded(city, september):
    publication = counted(city)
    hb = {r.unit_id for r in Query("score_line", city.actor("unit_clerk", city.hb), {}).page(50).rows}
    assert city.cg.pk not in hb
    mine = Query("score_line", city.actor("unit_clerk"), {"kind": "unit"}).page(50).rows
    assert [r.unit_id for r in mine] == [city.cg.pk]
    own = Query("score_line", city.actor("reviewer"), {"kind": "post"}).page(50).rows
    assert [r.post_id for r in own] == [city.actor("reviewer").post_id]
    groups = panels.ranking(publication, city.actor("admin"))["groups"]
    assert {g["kind"] for g in groups} == {"unit", "area", "post"}


def test_a_formula_is_approved_by_somebody_else_and_tried_first(city, september):
    counted(city)
    given = {"scheme": Scheme.objects.get(kind="unit").pk, "formula": "100*handled", "good": 90, "fair": 80, "poor": 60,
             "least": 1, "opinion": "简化"}
    draft = act(city.actor("supervisor"), SchemeVersion, "declare", given)
    tried = panels.what_if(draft, city.actor("admin"))
    (row,) = [r for r in tried["rows"] if r["line"].unit_id == city.cg.pk]
    assert row["score"] == Decimal("66.67") and row["place"] == 1
    draft = act(city.actor("supervisor"), draft, "submit")
    with pytest.raises(Conflict, match="自己"):
        act(city.actor("supervisor"), draft, "approve")
    act(city.actor("admin"), draft, "approve")
    assert in_force("unit").pk == draft.pk and SchemeVersion.objects.filter(
        scheme__kind="unit", status="approved").count() == 1
    assert line(counted(city), city).score == Decimal("66.67")
    with pytest.raises(Refused):
        act(city.actor("unit_clerk"), SchemeVersion, "declare", given)


@pytest.mark.parametrize("text", [
    "", "1+", "__import__('os')", "on_time.x", "on_time**9", "nothing", "[1]", "lambda: 1", "max()", "True", "1j",
    "min(on_time, key=1)", "-" * 60 + "1", "1" * 3000, "on_time if 1 else 2", "'a'", "acts_on_time"])
def test_what_is_no_arithmetic_is_refused(text):
    with pytest.raises(Invalid):
        formula.parse(text, known("unit"))


@given(st.decimals(0, 1, places=6), st.decimals(0, 1, places=6))
def test_formulas_are_exact(a, b):
    tree = formula.parse("40*(0.7*on_time + 0.3*sign_on_time) - 2*max(0, handled - 1)", known("unit"))
    found = formula.value(tree, {"on_time": a, "sign_on_time": b, "handled": Decimal(1)})
    assert found == 40 * (Decimal("0.7") * a + Decimal("0.3") * b)
    assert 0 <= formula.points(found) <= 100


def test_division_by_nothing_is_said():
    tree = formula.parse("1/on_time", known("unit"))
    with pytest.raises(Invalid, match="零"):
        formula.value(tree, {"on_time": Decimal(0)})


def test_the_month_that_is_over_is_counted_once(city):
    assert monthly(when("2026-10-02 08:00")) == 1
    assert monthly(when("2026-10-02 09:00")) == 0
    assert Publication.objects.get().month == "2026-09"


def test_equal_scores_share_a_rank():
    class Version:
        least = 1

    found = [score.Line("unit", str(n), base=5, score=Decimal(s)) for n, s in enumerate(("90", "95", "90", "80"))]
    score.ranked(found, {"unit": Version})
    assert [o.rank for o in sorted(found, key=lambda o: o.key)] == [2, 1, 2, 4]


def test_schemes_are_unique_by_kind(city):
    with pytest.raises(Invalid):
        write(city.actor("admin"), "create", Scheme, {"code": "KH-99", "name": "又一个", "kind": "unit"})
    assert dt.date(2026, 9, 1) < when("2026-10-01 00:00").date()
