"""What this room declares."""

from .key_area import KeyAreas
from .key_place import KeyPlaces
from .school import Schools

DECLARES = (KeyPlaces, Schools, KeyAreas)
