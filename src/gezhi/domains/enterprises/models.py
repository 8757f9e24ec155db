from .courier import CourierCompany
from .private_org import PrivateOrg
from .social_org import SocialOrg

__all__ = ["CourierCompany", "PrivateOrg", "SocialOrg"]
