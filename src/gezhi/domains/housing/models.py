from .rental import Rental

__all__ = ["Rental"]
