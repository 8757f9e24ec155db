"""What this room declares."""

from gezhi.kernel.events import Hook

from .care import CarePersons
from .closing import close
from .correction import CorrectionPersons
from .mental import MentalCares
from .referral import Referrals
from .rehab import RehabPersons
from .released import ReleasedPersons
from .youth import KeyYouths

DECLARES = (CarePersons, KeyYouths, ReleasedPersons, CorrectionPersons, RehabPersons, MentalCares, Referrals,
            Hook("person", close))
