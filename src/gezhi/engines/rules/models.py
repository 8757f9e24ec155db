from .firing import RuleFiring
from .rule import Rule
from .trial import RuleTrial, TrialHit, TrialProgress
from .version import RuleVersion

__all__ = ["Rule", "RuleFiring", "RuleTrial", "RuleVersion", "TrialHit", "TrialProgress"]
