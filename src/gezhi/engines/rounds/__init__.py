"""Rounds: what must be gone to every so often, and the tasks that follow. Visits use it; so may patrols."""

from .give import Rounds, give
from .near import metres
from .plan import RoundPlan
from .task import RoundTask

__all__ = ["RoundPlan", "RoundTask", "Rounds", "give", "metres"]
