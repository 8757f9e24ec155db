"""What this surface declares."""

from gezhi.kernel.events import Port

from .reseal import FACTORS

DECLARES = (Port("demo_hints", dict, default=True), FACTORS)
