"""What this room declares."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from gezhi.engines.privacy.lasting import Lasts
from gezhi.kernel.events import Hook

from .address import Addresses
from .building import Buildings
from .home import Home, Homes


def _reworded(session: Any, address: Any, _verb: str, changed: set[str]) -> None:
    """A home is called by its address, also when that is worded anew."""
    if "text" in changed and address.version > 1:
        for home in Home.objects.filter(address=address).exclude(text=address.text):
            session.change(home, {"text": address.text}, trusted=True, emit=False)


DECLARES = (Addresses, Buildings, Homes, Hook("standard_address", _reworded),
            Lasts("home", _("房屋在册期间须能联系房主；产权变更时改写，房屋拆除时随记录删除")),
            Lasts("building", _("现任楼栋长的联系电话，换人时改写，楼栋拆除时随记录删除")))
