from .component import Component

__all__ = ["Component"]
