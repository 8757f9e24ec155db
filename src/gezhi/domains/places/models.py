from .key_area import KeyArea
from .key_place import KeyPlace
from .school import School
from .school_case import SchoolCase

__all__ = ["KeyArea", "KeyPlace", "School", "SchoolCase"]
