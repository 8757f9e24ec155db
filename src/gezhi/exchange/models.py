from .adapter import Adapter, ExchangeLog
from .push import Delivery

__all__ = ["Adapter", "Delivery", "ExchangeLog"]
