from .city import DemoCity

__all__ = ["DemoCity"]
