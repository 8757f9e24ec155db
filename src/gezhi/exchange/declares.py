"""What the exchange floor declares."""

from . import intake, recipients

DECLARES = (*intake.PORTS, *recipients.PORTS)
