from .key_area import KeyArea
from .key_place import KeyPlace
from .school import School

__all__ = ["KeyArea", "KeyPlace", "School"]
