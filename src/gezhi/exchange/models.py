from .adapter import Adapter, ExchangeLog

__all__ = ["Adapter", "ExchangeLog"]
