from .clocks import Clock

__all__ = ["Clock"]
