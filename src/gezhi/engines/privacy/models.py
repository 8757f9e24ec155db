from .retention import RetentionRun
from .reveal_log import RevealLog
from .terms import LegalHold, RetentionRule

__all__ = ["LegalHold", "RetentionRule", "RetentionRun", "RevealLog"]
