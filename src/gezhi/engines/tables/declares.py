"""What lists need done by the clock."""

from gezhi.engines.jobs import Periodic

from .statistics import look

DECLARES = (Periodic("tables.look", 300, look),)
