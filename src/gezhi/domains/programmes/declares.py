"""What this room declares."""

from gezhi.kernel.events import Hook

from .care import CarePersons
from .closing import close, visited
from .correction import CorrectionPersons
from .mental import MentalCares
from .referral import Referrals
from .rehab import RehabPersons
from .released import ReleasedPersons
from .visit import VisitRecords
from .youth import KeyYouths

DECLARES = (CarePersons, KeyYouths, ReleasedPersons, CorrectionPersons, RehabPersons, MentalCares, VisitRecords,
            Referrals, Hook("person", close), Hook("visit_record", visited))
