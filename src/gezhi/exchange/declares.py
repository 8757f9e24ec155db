"""What the exchange floor declares."""

from django.utils.translation import gettext_lazy as _

from gezhi.engines.privacy.lasting import Lasts

from . import intake, mailbox, push, recipients
from .adapter import Adapters, ExchangeLogs

DECLARES = (Adapters, ExchangeLogs, Lasts("adapter", _("接入系统的密钥，不是个人信息；停用时删除")), push.Deliveries,
            push.CONSUMER, push.SENDING, mailbox.PERIODIC, *intake.PORTS, *recipients.PORTS)
