from .dispute import Dispute

__all__ = ["Dispute"]
