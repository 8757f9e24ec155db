"""What this room declares."""

from gezhi.kernel.events import Port

from . import people
from .city import DemoCities


def hints() -> dict[str, object]:
    """What the sign-in pages show: an account a role, the common password, and the code of the moment."""
    accounts = [{"role": s.label, "name": s.username, "password": people.PASSWORD} for s in people.sign_ins()]
    return {"sign_ins": accounts, "code": people.code_now()} if accounts else {}


DECLARES = (DemoCities, Port("demo_hints", hints))
