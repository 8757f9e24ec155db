"""Sealed values of added fields, and their blind indexes, under another key: they lie in the JSON column."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from django.db import connection, transaction

from gezhi.kernel import seal
from gezhi.kernel.custom import blind_text
from gezhi.kernel.kinds import INTERNAL, PUBLIC

BATCH = 500


def _places() -> Iterator[tuple[str, str]]:
    """Table and key of every added field that is encrypted, those out of use too."""
    from .custom_field import CustomField

    for row in CustomField.objects.exclude(sensitivity__in=(PUBLIC, INTERNAL)).order_by("pk"):
        yield row.model._meta.db_table, row.full_name


def _stale(table: str) -> str:
    quoted = connection.ops.quote_name(table)
    return f"FROM {quoted} WHERE (custom -> %(name)s) IS NOT NULL AND " \
           "get_byte(decode(custom ->> %(name)s, 'base64'), 0) <> %(key)s"


def left(number: int) -> int:
    """How many values are not under the key of that number."""
    total = 0
    for table, name in _places():
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) {_stale(table)}", {"name": name, "key": number})
            total += cursor.fetchone()[0]
    return total


def reseal(number: int) -> int:
    """Seal them anew, a batch in a transaction; returns how many."""
    total = 0
    for table, name in _places():
        while done := _some(table, name, number):
            total += done
    return total


def _some(table: str, name: str, number: int) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SELECT id, custom ->> %(name)s {_stale(table)} ORDER BY id LIMIT {BATCH} FOR UPDATE",
                       {"name": name, "key": number})
        rows = cursor.fetchall()
        if not rows:
            return 0
        texts = [base64.b64encode(seal.encrypt(seal.decrypt(base64.b64decode(text)))).decode() for _pk, text in rows]
        cursor.execute("SELECT set_config('gezhi.door', 'open', true)")
        cursor.execute(
            f"UPDATE {connection.ops.quote_name(table)} t SET custom = jsonb_set(t.custom, %s, to_jsonb(v.text)) "
            "FROM unnest(%s::bigint[], %s::text[]) AS v(pk, text) WHERE t.id = v.pk",
            [[name], [pk for pk, _text in rows], texts])
    return len(rows)


# -- their blind indexes -----------------------------------------------------------------------------------
def _outdated(table: str) -> str:
    quoted = connection.ops.quote_name(table)
    return f"FROM {quoted} WHERE (custom ->> %(name)s) IS NOT NULL AND (custom ->> %(name)s) NOT LIKE %(now)s"


def unblind(number: int) -> int:
    """How many blind indexes are not under the key of that number."""
    total = 0
    for table, name in _places():
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) {_outdated(table)}", {"name": f"{name}#", "now": f"{number}:%"})
            total += cursor.fetchone()[0]
    return total


def carry(number: int) -> int:
    """Carry them on to it, a batch in a transaction; returns how many."""
    total = 0
    for table, name in _places():
        while done := _carried(table, f"{name}#", number):
            total += done
    return total


def _carried(table: str, name: str, number: int) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SELECT id, custom ->> %(name)s {_outdated(table)} ORDER BY id LIMIT {BATCH} FOR UPDATE",
                       {"name": name, "now": f"{number}:%"})
        rows = cursor.fetchall()
        if not rows:
            return 0
        texts = []
        for _pk, text in rows:
            old, _colon, digest = text.rpartition(":")
            texts.append(blind_text(seal.carried(bytes.fromhex(digest), int(old or 0), number), number))
        cursor.execute("SELECT set_config('gezhi.door', 'open', true)")
        cursor.execute(
            f"UPDATE {connection.ops.quote_name(table)} t SET custom = jsonb_set(t.custom, %s, to_jsonb(v.text)) "
            "FROM unnest(%s::bigint[], %s::text[]) AS v(pk, text) WHERE t.id = v.pk",
            [[name], [pk for pk, _text in rows], texts])
    return len(rows)
