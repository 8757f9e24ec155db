"""Work outside requests: declared jobs, run once or by the clock, by the worker process."""

from .declare import Job, Periodic
from .queue import enqueue

__all__ = ["Job", "Periodic", "enqueue"]
