"""What this room declares."""

from gezhi.kernel.events import Seed

from .post import Posts
from .role import Roles, seed
from .staff import StaffRegister
from .unit import Units

DECLARES = (Units, StaffRegister, Roles, Posts, Seed("roles", "units_role", seed))
