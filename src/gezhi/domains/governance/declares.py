"""What this room declares."""

from .body import ZzOrgs
from .centre import ZzCentres
from .leader_duty import LeaderDuties
from .team import PreventOrgs, TeamMembers

DECLARES = (ZzOrgs, ZzCentres, PreventOrgs, TeamMembers, LeaderDuties)
