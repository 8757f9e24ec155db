"""What the engine declares."""

from gezhi.kernel.events import Seed

from .retention import CARRY, PREPARE, RetentionRuns
from .reveal_log import RevealLogs
from .terms import LegalHolds, RetentionRules, seed

DECLARES = (RevealLogs, RetentionRules, LegalHolds, RetentionRuns, CARRY, PREPARE,
            Seed("retention_rules", "privacy_retentionrule", seed))
