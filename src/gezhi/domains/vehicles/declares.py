"""What this room declares."""

from .use import VehicleUses
from .vehicle import Vehicles

DECLARES = (Vehicles, VehicleUses)
