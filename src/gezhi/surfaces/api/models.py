from .app_key import AppKey
from .once import Once

__all__ = ["AppKey", "Once"]
