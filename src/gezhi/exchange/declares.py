"""What the exchange floor declares."""

from .intake import PORTS

DECLARES = (*PORTS,)
