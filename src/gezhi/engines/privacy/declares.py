"""What the engine declares."""

from django.utils.translation import gettext_lazy as _

from gezhi.kernel.events import Seed

from .lasting import Lasts
from .retention import CARRY, PREPARE, RetentionRuns
from .reveal_log import RevealLogs
from .terms import LegalHolds, RetentionRules, seed

DECLARES = (RevealLogs, RetentionRules, LegalHolds, RetentionRuns, CARRY, PREPARE,
            Lasts("reveal_log", _("查看敏感信息的审计记录，依法留存备查")),
            Seed("retention_rules", "privacy_retentionrule", seed))
