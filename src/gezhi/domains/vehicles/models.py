from .use import VehicleUse
from .vehicle import Vehicle

__all__ = ["Vehicle", "VehicleUse"]
