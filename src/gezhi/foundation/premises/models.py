from .address import StandardAddress
from .building import Building
from .home import Home

__all__ = ["Building", "Home", "StandardAddress"]
