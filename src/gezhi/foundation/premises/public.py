"""What other rooms may use of addresses, buildings and homes."""

from .address import StandardAddress
from .building import Building
from .home import Home
from .wording import building_key, full_text, key_of

__all__ = ["Building", "Home", "StandardAddress", "building_key", "full_text", "key_of"]
