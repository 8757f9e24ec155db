"""What this room declares."""

from .key_area import KeyAreas
from .key_place import KeyPlaces
from .school import Schools
from .school_case import SchoolCases

DECLARES = (KeyPlaces, Schools, SchoolCases, KeyAreas)
