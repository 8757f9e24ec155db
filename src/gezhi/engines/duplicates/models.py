from .merge import Merge

__all__ = ["Merge"]
