"""What this room declares."""

from gezhi.engines.privacy.terms import Term
from gezhi.foundation.territory.public import Covers
from gezhi.kernel.events import Port, Seed

from .actors import actor_of_post
from .post import ON_THE_BEAT, Posts
from .role import Roles, seed
from .signin import SignIns
from .staff import StaffRegister
from .team import team
from .unit import Units

DECLARES = (Units, StaffRegister, Roles, Posts, ON_THE_BEAT, SignIns, Seed("roles", "units_role", seed), Covers("unit"),
            Term("staff", "updated_at", 1095, "sensitive", where="is_active=0"), Port("actor_of_post", actor_of_post),
            Port("team", team))
