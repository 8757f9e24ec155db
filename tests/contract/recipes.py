"""What kinds cannot know of a register: values by name that its declaration would accept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.contrib.gis.geos import Polygon

from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import write

RECIPES: dict[str, Callable[[int], dict[str, Any]]] = {
    "region": lambda n: {"area_code": f"{_region('3205')}{n + 20:02d}", "name": f"区域{n}"},
    "grid_cell": lambda n: {"area_code": f"3205080010010{n + 1:02d}", "boundary": _square(n), "name": f"网格{n}",
                            "community": _community()},
    "staff": lambda n: {"email": f"person{n}@example.org"},
    "post": lambda n: {"area_code": f"320508001001{n:03d}", "valid_from": None, "valid_to": None},
    "work_hours": lambda n: {"day_hours": 8, "valid_from": None, "valid_to": None},
    "category": lambda n: {"code": f"01{n:02d}", "ref": f"01{n:02d}"},
    "code_table": lambda n: {"code": f"tests_{n}"},
    "code": lambda n: {"code": f"k{n:04d}", "label": f"含义{n}"},
    "standard_address": lambda n: {"room_no": f"{n + 101}"},
    "home": lambda n: {"owner_id_type": "111", "building": None},
    "person": lambda n: {"id_type": "111", "gender": None, "birth": None, "consent": False},
    "organisation": lambda n: {"legal_id_type": "111"},
    "private_org": lambda n: dict.fromkeys(("party_members", "union_members", "youth_members", "women_members"), 5),
    "social_org": lambda n: dict.fromkeys(("party_members", "union_members", "youth_members", "women_members"), 5),
    "vehicle": lambda n: {"plate_no": f"苏E{n:05d}", "owner": _first("person")},
    "case_subject": lambda n: {"plate_no": f"苏A{n:05d}"},
    "employment": lambda n: {"person": _person(n), "until": None},
    "custom_field": lambda n: {"register": ("home", "person")[n % 2], "name": f"added_{n}", "label": f"扩展{n}",
                               "kind": "text",
                               "sensitivity": "internal", "table": None, "least": None, "most": None, "active": True},
    "vehicle_use": lambda n: {"to_at": None},
    "registered_resident": lambda n: {"move_kind": None, "moved_on": None},
    "floating_person": lambda n: {"person": _person(n, kind="02"), "expires_on": None, "permit_type": "01",
                                  "permit_no": f"32050{n:04d}X"},
    "overseas_person": lambda n: {"person": _person(n, kind="03"), "leaves_on": None},
    "left_behind_person": lambda n: {"kind": "02"},
    "care_person": lambda n: _entered(n, disability="1", disability_grade="1"),
    **dict.fromkeys(("released_person", "correction_person", "rehab_person", "mental_care"),
                    lambda n: _entered(n, end_kind=None)),
    "key_youth": lambda n: _entered(n, person=_person(n, born=20), consent=True),
    "referral": lambda n: {"consent": True, "accepted_on": None},
    "visit_task": lambda n: {"subject_id": n + 1, "status": None},
    "visit_record": lambda n: {"visited_at": dt.datetime(2026, 1, 2, 3, n % 60, tzinfo=dt.UTC)},
    "data_request": lambda n: {"status": None, "found": None},
    "data_part": lambda n: {"code": f"G{n:011d}", "status": None},
    "retention_rule": lambda n: {"register": _kept_for_ever(), "act": "remove",
                                 "since": "updated_at", "days": 400 + n, "where": ""},
    "retention_run": lambda n: {"status": None},
    "legal_hold": lambda n: {"register": "person", "record_id": None, "since": dt.date(2026, 1, 1), "until": None},
    "reveal_log": lambda n: {"register": "person", "field": "phone"},
    "rental": lambda n: {"tenant_id_type": "111", "lease_to": None, "ended_on": None},
    "dispute": lambda n: {"party_id_type": "111", "due_on": dt.date(2027, 1, 1), "settled_on": None, "outcome": None},
    "security_case": lambda n: {"closed_on": None},
    "case_party": lambda n: {"id_type": "111"},
    "safety_hazard": lambda n: {"due_on": None},
    "school_case": lambda n: {"offenders": 3, "fugitives": 1, "arrested": 2},
    "component": lambda n: {"code": None, "since": None, "type": _component_type()},
    "item": lambda n: {"code": f"0100{n:03d}"},
    "responsibility": lambda n: {"scope": "", "area_code": f"320508001001{n:03d}", "valid_to": None},
    "app_key": lambda n: {"digest": f"{n:064x}"},
    "notify_rule": lambda n: {"who": "assignee", "channels": "inbox"},
    "rule": lambda n: {"no": f"YJ-9{n:03d}", "subject": "case"},
    "rule_version": lambda n: {"no": n + 1, "status": "ended"},
    "assess_scheme": lambda n: {"code": f"KH-9{n:02d}", "active": False},
    "assess_version": lambda n: {"no": n + 10, "status": "ended", "formula": "100"},
    "gaming_flag": lambda n: {"case": _fresh("case", n)},
    "adapter": lambda n: {"mode": "webhook", "secret": f"signing-key-of-tests-{n:04d}", "endpoint": "", "mapping": {}},
    "bounce": lambda n: {"status": "over"},
    "demo_city": lambda n: {"code": f"{3200 + n}"},
}
"""Overrides by register name, given a running number."""

UNMADE: dict[str, str] = {
    "stage_limit": "one row a stage and urgency, there from the first migration",
    "oversight_scale": "one row a measure, there from the first migration",
    "document_limit": "one row a kind, there from the first migration",
    "visit_plan": "one row a programme and level, there from the first migration",
}
"""Registers whose records only their own engine makes, and why."""


def _kept_for_ever() -> str:
    """A register whose records no term removes yet."""
    from gezhi.kernel.registry import registry

    model = registry.register("retention_rule").model
    ruled = set(model.objects.filter(act="remove").values_list("register", flat=True))
    return next(name for name in sorted(registry.registers) if name not in ruled)


def _fresh(name: str, n: int) -> Any:
    from gezhi.kernel.registry import registry

    from .factory import make

    return make(registry.register(name), 9000 + n)


def _first(name: str) -> Any:
    from gezhi.kernel.registry import registry

    from .factory import make

    register = registry.register(name)
    return register.model.objects.order_by("pk").first() or make(register)


def _person(n: int, *, kind: str = "01", born: int = 40) -> Any:
    """A person of a population group and an age in years, beside those that the factory makes."""
    from gezhi.kernel.identifiers import id_check
    from gezhi.kernel.registry import registry

    number = f"320508{dt.date.today().year - born}0101{kind[1]}{n:02d}"
    register = registry.register("person")
    return register.find(number + id_check(number)) or write(SYSTEM, "create", register.model, {
        "kind": kind, "name": f"契约人{n}", "area_code": "320508001001", "id_no": number + id_check(number)})


def _entered(n: int, **more: Any) -> dict[str, Any]:
    """Person and dates of a programme that runs."""
    today = dt.date.today()
    return {"person": more.pop("person", None) or _person(n), "begins": today - dt.timedelta(days=90),
            "ends": today + dt.timedelta(days=90), "last_visit": today - dt.timedelta(days=40), "left_on": None,
            "left_reason": None, **more}


def _component_type() -> Any:
    from gezhi.foundation.catalogue.models import ComponentType

    return ComponentType.objects.filter(code="01001").first() or write(SYSTEM, "create", ComponentType, {
        "code": "01001", "name": "供水井盖", "family": "市政公用设施"})


def _region(code: str) -> str:
    from gezhi.foundation.territory.models import Region

    if not Region.objects.filter(area_code=code).exists():
        write(SYSTEM, "create", Region, {"area_code": code, "name": f"区域{code}"})
    return code


def _community() -> Any:
    from gezhi.foundation.territory.models import Region

    for size in (4, 6, 9, 12):
        code = _region("320508001001"[:size])
    return Region.objects.get(area_code=code)


def _square(n: int) -> Polygon:
    x = 120.5 + n * 0.02
    box = Polygon.from_bbox((x, 31.2, x + 0.01, 31.21))
    box.srid = 4326
    return box
