"""Export of exactly what a list shows, row by row, without holding it in memory; each export is in the history."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from django.contrib.gis.db.models.functions import AsGeoJSON
from django.utils import timezone
from django.utils.translation import gettext as _

from gezhi.engines.tables.query import Query
from gezhi.kernel.actors import Actor
from gezhi.kernel.door import door
from gezhi.kernel.errors import Invalid, Refused
from gezhi.kernel.kinds import Kind

from .book import cell, spooled, started
from .values import again, safe, shown, whole

MOST = 200_000
"""Rows of one export; more are cut into several by filters."""
MARK = "#格治"
"""A row that starts so is a watermark, not a record."""


class Export:
    """What an export writes, and the words under it.

    Args:
        query: the list.
        kinds: its columns, in order.
        form: ``csv``, ``xlsx``, ``geojson`` or ``again.xlsx`` (key and form fields, to be changed and imported).
        purpose: what it is for; stands in the watermark.
        approved_by: who approved that personal values leave whole; ``""``: they are masked.

    Raises:
        Refused: no right to export. Invalid: too many rows, or no such form.
    """

    def __init__(self, query: Query, kinds: list[Kind], form: str, *, purpose: str = "", approved_by: str = "") -> None:
        self.query, self.form, self.purpose, self.approved_by = query.also("export"), form, purpose, approved_by
        register = query.register
        if not query.actor.may(f"{register.name}.export"):
            raise Refused
        if form not in ("csv", "xlsx", "geojson", "again.xlsx") or (
                form == "geojson" and (register.layer is None or register.layer.linked)):
            raise Invalid(_("没有“%s”这种导出格式") % form[:20])
        self.again = form == "again.xlsx"
        if self.again:
            names = dict.fromkeys([*([register.key] if register.key != "id" else []), *register.form_names])
            kinds = [register.kinds[n] for n in names]
        self.kinds = kinds
        rows = query.rows().order_by().values("pk")[: MOST + 1].count()
        if rows > MOST:
            raise Invalid(_("一次最多导出 %d 行，请用筛选缩小范围") % MOST)
        self.count = rows
        self.mark = watermark(query.actor, register.label, rows, purpose or _("工作查阅"), approved_by)

    def audit(self) -> None:
        """Write down who exported what; called before the first row leaves."""
        with door(self.query.actor) as session:
            session.log(self.query.register, "export", {
                "count": self.count, "form": self.form, "filters": dict(self.query.filters),
                "search": self.query.text, "columns": [k.name for k in self.kinds],
                **({"whole": True, "approved_by": self.approved_by} if self.approved_by else {})}, self.purpose)

    def rows(self) -> Iterator[list[str]]:
        """Texts of each record."""
        read = whole if self.approved_by else again if self.again else shown
        for record in self.query.walk(limit=MOST, heavy=bool(self.approved_by)):
            yield [read(kind, record) for kind in self.kinds]

    def heads(self) -> list[str]:
        """Labels of the columns."""
        return [kind.label for kind in self.kinds]


def watermark(actor: Actor, label: Any, rows: int, purpose: str, approved_by: str = "") -> str:
    """Who took these rows, when, in which post, what for, with whose approval."""
    moment = timezone.localtime().strftime("%Y-%m-%d %H:%M")
    text = _("%(mark)s导出：%(who)s（岗位 %(post)s）于 %(at)s 导出“%(what)s”%(rows)d 行；用途：%(why)s；"
             "仅限工作使用") % {
        "mark": MARK, "who": actor.name, "post": actor.post_id or "-", "at": moment, "what": label, "rows": rows,
        "why": purpose}
    return text + _("；含完整个人信息，由 %s 批准") % approved_by if approved_by else text


def as_csv(export: Export) -> Iterator[bytes]:
    """CSV with a byte-order mark, so that spreadsheets read Chinese."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)

    def taken() -> bytes:
        text = buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
        return text.encode()

    yield b"\xef\xbb\xbf"
    writer.writerow(export.heads())
    for number, row in enumerate(export.rows()):
        writer.writerow([safe(text) for text in row])
        if number % 200 == 199:
            yield taken()
    writer.writerow([export.mark])
    yield taken()


def as_xlsx(export: Export) -> Any:
    """An open temporary file with the workbook; rows go to disk as they are read."""
    book, sheet = started(str(export.query.register.label), export.heads())
    for row in export.rows():
        sheet.append([cell(sheet, text) for text in row])
    sheet.append([export.mark])
    return spooled(book)


def as_geojson(export: Export) -> Iterator[bytes]:
    """A GeoJSON collection of the rows, their columns as properties."""
    query = export.query
    layer = query.register.layer
    assert layer is not None
    yield b'{"type":"FeatureCollection","watermark":' + json.dumps(export.mark, ensure_ascii=False).encode()
    yield b',"features":['
    first, kinds = True, [k for k in export.kinds if k.name != layer.field]
    last = None
    rows = query.rows().defer(layer.field, *query.heavy).annotate(shape=AsGeoJSON(layer.field, precision=6))
    rows = rows.order_by(*query.order.by())
    while True:
        piece = rows if last is None else rows.filter(query.order.after(*last))
        found = list(piece[:1000])
        for record in found:
            feature = {"type": "Feature", "id": record.pk, "geometry": json.loads(record.shape or "null"),
                       "properties": {k.name: shown(k, record) for k in kinds}}
            yield (b"" if first else b",") + json.dumps(feature, ensure_ascii=False).encode()
            first = False
        if len(found) < 1000:
            break
        last = (getattr(found[-1], query.order.field.attname), found[-1].pk)
    yield b"]}"
