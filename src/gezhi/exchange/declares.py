"""What the exchange floor declares."""

from . import intake, mailbox, push, recipients
from .adapter import Adapters, ExchangeLogs

DECLARES = (Adapters, ExchangeLogs, push.Deliveries, push.CONSUMER, push.SENDING, mailbox.PERIODIC, *intake.PORTS,
            *recipients.PORTS)
