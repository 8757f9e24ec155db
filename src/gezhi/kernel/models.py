from .records import Counter, Cursor, DeadEvent, Event, History

__all__ = ["Counter", "Cursor", "DeadEvent", "Event", "History"]
