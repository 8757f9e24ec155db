"""What this room declares."""

from django.utils.translation import gettext_lazy as _

from gezhi.engines.privacy.lasting import Lasts
from gezhi.engines.privacy.terms import Term

from .body import ZzOrgs
from .centre import ZzCentres
from .leader_duty import LeaderDuties
from .team import PreventOrgs, TeamMembers

IN_OFFICE = _("现任负责人的工作电话，换人时改写，机构撤销时随记录删除")

DECLARES = (ZzOrgs, ZzCentres, PreventOrgs, TeamMembers, LeaderDuties, Lasts("zz_centre", IN_OFFICE),
            Lasts("prevent_org", IN_OFFICE), Term("team_member", "updated_at", 1095, "sensitive", where="active=0"))
