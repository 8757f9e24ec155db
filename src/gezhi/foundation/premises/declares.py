"""What this room declares."""

from __future__ import annotations

from typing import Any

from gezhi.kernel.events import Hook

from .address import Addresses
from .building import Buildings
from .home import Home, Homes


def _reworded(session: Any, address: Any, _verb: str, changed: set[str]) -> None:
    """A home is called by its address, also when that is worded anew."""
    if "text" in changed and address.version > 1:
        for home in Home.objects.filter(address=address).exclude(text=address.text):
            session.change(home, {"text": address.text}, trusted=True, emit=False)


DECLARES = (Addresses, Buildings, Homes, Hook("standard_address", _reworded))
