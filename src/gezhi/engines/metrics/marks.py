"""Triggers that mark the day of a row that is written after its day is over, so that no count is ever stale.

A mark is written in the transaction of the write itself and becomes visible with it; the worker drops it in the
transaction that counts the day anew. Writes within two hours of the row's moment leave none (days are counted when
they have been over for a day, ``rolling``): a new report costs a comparison, nothing is locked, nobody waits.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.conf import settings
from django.db import connections, models

from gezhi.kernel.registry import registry

from . import rolling
from .days import Rollup, columns_of

RECENT = "interval '2 hours'"
MARK = """
CREATE OR REPLACE FUNCTION gezhi_day_mark(name text, moment timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE that date := (moment AT TIME ZONE '{zone}')::date;
BEGIN
  IF moment IS NULL OR moment >= now() - {recent} THEN RETURN; END IF;
  IF NOT EXISTS (SELECT FROM metrics_daymark m WHERE m.rollup = name AND m.day = that
                 AND m.xact = pg_current_xact_id()::text::bigint) THEN
    INSERT INTO metrics_daymark (rollup, day, xact) VALUES (name, that, pg_current_xact_id()::text::bigint);
  END IF;
END $$;
"""
FUNCTION = """
CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
{body}  RETURN NULL;
END $$;
"""
TRIGGERS = """
CREATE OR REPLACE TRIGGER gezhi_days_insert AFTER INSERT ON {table} FOR EACH ROW
  WHEN ({late}) EXECUTE FUNCTION {function}();
CREATE OR REPLACE TRIGGER gezhi_days_update AFTER UPDATE ON {table} FOR EACH ROW
  WHEN ({changed}) EXECUTE FUNCTION {function}();
CREATE OR REPLACE TRIGGER gezhi_days_delete AFTER DELETE ON {table} FOR EACH ROW
  EXECUTE FUNCTION {function}();
"""
LINKED = """
CREATE OR REPLACE TRIGGER gezhi_days_{child} AFTER UPDATE ON {table} FOR EACH ROW
  WHEN (OLD.{column} IS DISTINCT FROM NEW.{column}) EXECUTE FUNCTION {function}();
"""

WORKED = """
CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN PERFORM {marks} FROM {table} r WHERE r.{key} = OLD.{row}; END IF;
  IF TG_OP <> 'DELETE' THEN PERFORM {marks} FROM {table} r WHERE r.{key} = NEW.{row}; END IF;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER {function}_come AFTER INSERT OR DELETE ON {work} FOR EACH ROW EXECUTE FUNCTION {function}();
CREATE OR REPLACE TRIGGER {function}_go AFTER UPDATE ON {work} FOR EACH ROW
  WHEN (ROW(OLD.{row}, OLD.{unit}) IS DISTINCT FROM ROW(NEW.{row}, NEW.{unit})) EXECUTE FUNCTION {function}();
"""
"""A unit begins or ceases to work on a row."""
MOVED = """
CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO metrics_daymark (rollup, day, xact)
  SELECT s.rollup, s.day, pg_current_xact_id()::text::bigint FROM metrics_daystate s
  WHERE s.rollup IN ({names}) AND NOT EXISTS (SELECT FROM metrics_daymark m WHERE m.rollup = s.rollup
    AND m.day = s.day AND m.xact = pg_current_xact_id()::text::bigint);
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER {function} AFTER UPDATE ON {units} FOR EACH ROW
  WHEN (OLD.path IS DISTINCT FROM NEW.path) EXECUTE FUNCTION {function}();
"""
"""A unit stands elsewhere among the units: all days are counted anew."""


def watched(rollup: Rollup) -> set[str]:
    """Columns of the register's own table that decide where a row is counted."""
    register = registry.register(rollup.of)
    out = {str(register.model._meta.get_field(rollup.at).column)}  # type: ignore[union-attr]
    for path in (register.area_path, *rollup.links):
        if path:
            out.add(str(register.model._meta.get_field(path.partition("__")[0]).column))  # type: ignore[union-attr]
    for q in rolling.conditions(rollup).values():
        out |= columns_of(q, register.model) or set()
    return out


def install(using: str = "default") -> None:
    """Put the triggers on the tables of all declared roll-ups; runs after each migrate."""
    connection = connections[using]
    present = set(connection.introspection.table_names())
    if "metrics_daymark" not in present:
        return
    tables: dict[type[models.Model], list[Rollup]] = defaultdict(list)
    for rollup in registry.of(Rollup):
        tables[registry.register(rollup.of).model].append(rollup)
    with connection.cursor() as cursor:
        cursor.execute(MARK.format(zone=settings.TIME_ZONE.replace("'", ""), recent=RECENT))
        for model, rollups in tables.items():
            if model._meta.db_table in present:
                cursor.execute(statements(model, rollups))


def statements(model: type[models.Model], rollups: list[Rollup]) -> str:
    """The function and the triggers of one table, as SQL."""
    table, body, late, columns = model._meta.db_table, "", [], set()
    for rollup in rollups:
        at, own = _at(model, rollup), sorted(watched(rollup))
        columns |= set(own)
        late.append(f"NEW.{at} < now() - {RECENT}")
        old, new = (", ".join(f"{side}.{c}" for c in own) for side in ("OLD", "NEW"))
        body += (f"  IF TG_OP <> 'UPDATE' OR ROW({old}) IS DISTINCT FROM ROW({new}) THEN\n"
                 f"    IF TG_OP <> 'INSERT' THEN PERFORM gezhi_day_mark('{rollup.name}', OLD.{at}); END IF;\n"
                 f"    IF TG_OP <> 'DELETE' THEN PERFORM gezhi_day_mark('{rollup.name}', NEW.{at}); END IF;\n"
                 "  END IF;\n")
    function = f"gezhi_days_{table}"
    old, new = (", ".join(f"{side}.{c}" for c in sorted(columns)) for side in ("OLD", "NEW"))
    out = FUNCTION.format(function=function, body=body) + TRIGGERS.format(
        table=table, function=function, late=" OR ".join(late), changed=f"ROW({old}) IS DISTINCT FROM ROW({new})")
    out += "".join(_linked(model, rollup, link) for rollup in rollups for link in rollup.links if "__" in link)
    throughs = dict.fromkeys(rollup.through for rollup in rollups if rollup.through)
    return out + "".join(_worked(model, [r for r in rollups if r.through == one]) for one in throughs)


def _worked(model: type[models.Model], rollups: list[Rollup]) -> str:
    """Marks of rows that are counted under the units that work on them."""
    register = registry.register(rollups[0].of)
    joined, table = rolling.joined(rollups[0], register), model._meta.db_table
    assert model._meta.pk is not None
    marks = ", ".join(f"gezhi_day_mark('{r.name}', r.{_at(model, r)})" for r in rollups)
    names = ", ".join(f"'{r.name}'" for r in rollups)
    return (WORKED.format(function=f"gezhi_units_{table}_{joined['work']}", marks=marks, table=table,
                          key=model._meta.pk.column, **joined)
            + MOVED.format(function=f"gezhi_units_{table}_{joined['units']}", names=names, units=joined["units"]))


def _at(model: type[models.Model], rollup: Rollup) -> str:
    return str(model._meta.get_field(rollup.at).column)  # type: ignore[union-attr]


def _linked(model: type[models.Model], rollup: Rollup, link: str) -> str:
    """Marks of rows whose count depends on a column of the row they point at (``case__centre``)."""
    name, _sep, rest = link.partition("__")
    near: Any = model._meta.get_field(name)
    far: Any = near.related_model._meta.get_field(rest)
    table, child = near.related_model._meta.db_table, model._meta.db_table
    at = _at(model, rollup)
    function = f"gezhi_days_{table}_{child}"
    body = (f"  PERFORM gezhi_day_mark('{rollup.name}', r.{at}) FROM {child} r "
            f"WHERE r.{near.column} = NEW.{far.model._meta.pk.column} AND r.{at} IS NOT NULL;\n")
    return FUNCTION.format(function=function, body=body) + LINKED.format(
        table=table, child=child, column=far.column, function=function)


def after_migrate(using: str = "default", **_kw: object) -> None:
    """Hook of Django's ``post_migrate``."""
    install(using)
