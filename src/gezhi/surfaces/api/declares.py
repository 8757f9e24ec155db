"""What the API declares."""

import datetime as dt

from django.utils import timezone

from gezhi.engines.jobs import Periodic

from . import rate
from .app_key import AppKeys
from .once import Once

KEEP_DAYS = 7


def forget() -> None:
    """Drop answers kept for repeated requests after :data:`KEEP_DAYS`."""
    Once.objects.filter(at__lt=timezone.now() - dt.timedelta(days=KEEP_DAYS)).delete()


DECLARES = (AppKeys, Periodic("api.forget_once", 3600, forget), Periodic("api.forget_rates", 60, rate.forget))
