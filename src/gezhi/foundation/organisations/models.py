from .employment import Employment
from .organisation import Organisation

__all__ = ["Employment", "Organisation"]
