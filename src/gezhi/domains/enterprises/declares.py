"""What this room declares."""

from .courier import CourierCompanies
from .private_org import PrivateOrgs
from .social_org import SocialOrgs

DECLARES = (PrivateOrgs, SocialOrgs, CourierCompanies)
