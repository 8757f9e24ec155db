from .device import Device

__all__ = ["Device"]
