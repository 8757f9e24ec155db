"""What this room declares."""

from .component import Components

DECLARES = (Components,)
