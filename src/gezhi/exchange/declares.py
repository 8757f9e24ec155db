"""What the exchange floor declares."""

from . import intake, mailbox, recipients
from .adapter import Adapters, ExchangeLogs

DECLARES = (Adapters, ExchangeLogs, mailbox.PERIODIC, *intake.PORTS, *recipients.PORTS)
