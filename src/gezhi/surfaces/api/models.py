from .app_key import AppKey
from .once import Once
from .rate import Rate

__all__ = ["AppKey", "Once", "Rate"]
