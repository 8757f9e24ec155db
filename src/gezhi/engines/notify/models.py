from .message import Message
from .rule import NotifyRule

__all__ = ["Message", "NotifyRule"]
