from .part import DataPart
from .request import DataRequest

__all__ = ["DataPart", "DataRequest"]
