"""Forms: what kinds ask, as Django forms that work without any script."""

from .build import FilterForm, MoveForm, RecordForm

__all__ = ["FilterForm", "MoveForm", "RecordForm"]
