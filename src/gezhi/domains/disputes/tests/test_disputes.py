"""A dispute is called by its number; its days follow each other and its end says how it went."""

from __future__ import annotations

import datetime as dt

import pytest

from gezhi.domains.disputes.models import Dispute
from gezhi.engines.history import timeline
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import write
from gezhi.kernel.errors import Invalid

pytestmark = pytest.mark.django_db
DAY, NUMBER = dt.date(2026, 5, 4), "11010519491231002X"


def dispute(**values):
    return write(SYSTEM, "create", Dispute, {
        "name": "欧阳小明与邻居漏水纠纷", "happened_on": DAY, "area_code": "320508001001001", "address": "友谊路5号",
        "scale": "01", "kind": "02", "party_name": "欧阳小明", "party_kind": "01", "party_id_type": "111",
        "party_id_no": NUMBER, "due_on": DAY + dt.timedelta(days=30), "method": "0201", "resolver": "社区调委会",
        "head_name": "王五", "summary": "楼上漏水", **values})


@pytest.mark.parametrize(("values", "field"), [
    ({"happened_on": dt.date.today() + dt.timedelta(days=1)}, "happened_on"),
    ({"due_on": DAY - dt.timedelta(days=1)}, "due_on"), ({"settled_on": DAY}, "outcome"),
    ({"outcome": "settled"}, "outcome"),
    ({"settled_on": DAY - dt.timedelta(days=1), "outcome": "settled"}, "settled_on"),
    ({"party_id_no": "110105194912310021"}, "party_id_no"), ({"kind": "88"}, "kind")])
def test_what_cannot_be_is_refused(values, field):
    with pytest.raises(Invalid) as caught:
        dispute(**values)
    assert field in caught.value.errors


def test_neither_title_nor_history_tells_a_name():
    made = dispute(settled_on=DAY, outcome="failed", result="双方未能达成一致")
    told = str(made) + str(timeline(made)[0].changes)
    assert made.number[0] == "D"
    assert not [text for text in ("欧阳小明", NUMBER, "漏水", "达成") if text in told]
