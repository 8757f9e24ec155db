"""Who tends the trees of the test house."""

from gezhi.foundation.units.models import Post, Role, Staff, Unit
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import write

AREA = "320508"


def gardener() -> Staff:
    """A person whose one post, in a county's station, is to tend the trees of that county."""
    station = write(SYSTEM, "create", Unit, {"code": "U1", "name": "园林站", "kind": "department", "level": "county",
                                             "area_code": AREA})
    role = write(SYSTEM, "create", Role, {"code": "gardener", "name": "园丁", "face": "worker"})
    staff = write(SYSTEM, "create", Staff, {"username": "hua", "name": "华演示"})
    write(SYSTEM, "create", Post, {"staff": staff, "unit": station, "role": role, "area_code": AREA})
    return staff
