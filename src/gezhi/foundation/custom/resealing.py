"""Sealed values of added fields, and their blind indexes, under another key: they lie in the JSON column."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Any

from django.db import connection, transaction

from gezhi.kernel import seal
from gezhi.kernel.custom import blind_text
from gezhi.kernel.kinds import INTERNAL, PUBLIC

BATCH = 500
VALUES = "(custom -> %(name)s) IS NOT NULL AND get_byte(decode(custom ->> %(name)s, 'base64'), 0) <> %(key)s"
"""Which rows hold a value under another key than number ``key`` …"""
BLINDS = "(custom ->> %(name)s) NOT LIKE %(key)s || ':%%'"
"""… and which a blind index: it says its key's number as text."""


def _places(blind: bool) -> Iterator[tuple[str, str]]:
    """Table and name in the JSON of every added field that is encrypted, or of its index; those out of use too."""
    from .custom_field import CustomField

    for row in CustomField.objects.exclude(sensitivity__in=(PUBLIC, INTERNAL)).order_by("pk"):
        yield row.model._meta.db_table, f"{row.full_name}#" if blind else row.full_name


def _count(which: str, number: int) -> int:
    """How many values, or indexes, are not under the key of that number."""
    total = 0
    for table, name in _places(which == BLINDS):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)} WHERE {which}",
                           _asked(which, name, number))
            total += cursor.fetchone()[0]
    return total


def _renew(which: str, number: int, anew: Callable[[str], str]) -> int:
    """Write them as *anew* makes them, a batch in a transaction; returns how many."""
    total = 0
    for table, name in _places(which == BLINDS):
        while done := _batch(table, which, _asked(which, name, number), anew):
            total += done
    return total


def _asked(which: str, name: str, number: int) -> dict[str, Any]:
    return {"name": name, "key": str(number) if which == BLINDS else number}


def _batch(table: str, which: str, asked: dict[str, Any], anew: Callable[[str], str]) -> int:
    quoted = connection.ops.quote_name(table)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SELECT id, custom ->> %(name)s FROM {quoted} WHERE {which} "
                       f"ORDER BY id LIMIT {BATCH} FOR UPDATE", asked)
        rows = cursor.fetchall()
        if not rows:
            return 0
        cursor.execute("SELECT set_config('gezhi.door', 'open', true)")
        cursor.execute(
            f"UPDATE {quoted} t SET custom = jsonb_set(t.custom, %s, to_jsonb(v.text)) "
            "FROM unnest(%s::bigint[], %s::text[]) AS v(pk, text) WHERE t.id = v.pk",
            [[asked["name"]], [pk for pk, _text in rows], [anew(text) for _pk, text in rows]])
    return len(rows)


def left(number: int) -> int:
    """How many values are not under the key of that number."""
    return _count(VALUES, number)


def reseal(number: int) -> int:
    """Seal them anew, a batch in a transaction; returns how many."""
    return _renew(VALUES, number, lambda text: base64.b64encode(
        seal.encrypt(seal.decrypt(base64.b64decode(text)))).decode())


def unblind(number: int) -> int:
    """How many blind indexes are not under the key of that number."""
    return _count(BLINDS, number)


def carry(number: int) -> int:
    """Carry them on to it, a batch in a transaction; returns how many."""
    def anew(text: str) -> str:
        old, _colon, digest = text.rpartition(":")
        return blind_text(seal.carried(bytes.fromhex(digest), int(old or 0), number), number)

    return _renew(BLINDS, number, anew)
