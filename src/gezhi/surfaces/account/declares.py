"""What this surface declares."""

from gezhi.kernel.events import Port

DECLARES = (Port("demo_hints", dict, default=True),)
