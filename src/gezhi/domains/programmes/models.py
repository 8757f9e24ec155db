from .care import CarePerson
from .correction import CorrectionPerson
from .mental import MentalCare
from .referral import Referral
from .rehab import RehabPerson
from .released import ReleasedPerson
from .visit import VisitRecord
from .visit_plan import VisitPlan
from .visit_task import VisitTask
from .youth import KeyYouth

__all__ = ["CarePerson", "CorrectionPerson", "KeyYouth", "MentalCare", "Referral", "RehabPerson", "ReleasedPerson",
           "VisitPlan", "VisitRecord", "VisitTask"]
