from .hazard import SafetyHazard

__all__ = ["SafetyHazard"]
