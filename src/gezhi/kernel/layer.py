"""Layer: where a register's records lie on the map, and how they look there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldDoesNotExist

from .fields import AreaCodeField


@dataclass(frozen=True)
class Layer:
    """A map layer of a register.

    Args:
        field: the geometry field, or a path to that of a linked record (where somebody lives: ``home__place``). A layer
            reached by a link is counted by places at every zoom and stands on our own maps only: where a person lives
            is neither a feature for other systems nor part of an exported file.
        icon: icon name of the ui.
        colour: name of a virtual or choice field whose value colours the feature.
        title: field shown as label.
        show: extra field names carried in the tile.
        where: filter in the list language that is always on.
        cluster: points are clustered below street zoom.
    """

    field: str
    icon: str = "map-pin"
    colour: str = ""
    title: str = ""
    show: str = ""
    where: Mapping[str, str] | None = None
    cluster: bool = True

    @property
    def linked(self) -> bool:
        """Whether the place is that of a linked record."""
        return "__" in self.field


def area_of(model: Any) -> str | None:
    """Name of the field with the code of the area a record lies in."""
    return next((f.name for f in model._meta.fields if isinstance(f, AreaCodeField)), None)


def at_end(model: Any, path: str) -> Any:
    """The field at the end of a path over links; ``None`` where the path leads nowhere."""
    found = None
    for part in path.split("__"):
        if model is None:
            return None
        try:
            found = model._meta.get_field(part)
        except FieldDoesNotExist:
            return None
        model = found.related_model
    return found


def dig(record: Any, path: str) -> Any:
    """What stands at the end of a path over links; ``None`` as soon as a link is empty."""
    for part in path.split("__"):
        record = getattr(record, part, None)
    return record
