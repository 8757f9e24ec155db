"""What the engine declares."""

from gezhi.engines.jobs import Periodic
from gezhi.engines.privacy.terms import Term
from gezhi.kernel.events import Port, Seed

from .message import Messages, unread
from .rule import NotifyRules, seed
from .send import send_due
from .tell import CONSUMER

DECLARES = (Messages, NotifyRules, CONSUMER, Periodic("notify.send", 2, send_due),
            Term("message", "created_at", 365, "sensitive"), Port("unread", unread),
            Seed("notify_rules", "notify_notifyrule", seed))
