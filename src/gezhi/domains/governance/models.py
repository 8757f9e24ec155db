from .body import ZzOrg
from .centre import ZzCentre
from .leader_duty import LeaderDuty
from .team import PreventOrg, TeamMember

__all__ = ["LeaderDuty", "PreventOrg", "TeamMember", "ZzCentre", "ZzOrg"]
