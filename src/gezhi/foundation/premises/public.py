"""What other rooms may use of addresses, buildings and homes."""

from .address import StandardAddress
from .building import Building
from .finding import Found, places_in
from .home import Home
from .wording import building_key, full_text, key_of

__all__ = ["Building", "Found", "Home", "StandardAddress", "building_key", "full_text", "key_of", "places_in"]
