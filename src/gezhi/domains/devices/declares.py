"""What this room declares."""

from .device import Devices

DECLARES = (Devices,)
