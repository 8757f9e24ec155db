"""What the engine declares."""

from gezhi.engines.jobs import Job, Periodic
from gezhi.kernel.events import Port

from . import sweep, tried
from .firing import RuleFirings
from .rule import Rules
from .trial import JOB, RuleTrials
from .version import RuleVersions

DECLARES = (Rules, RuleVersions, RuleTrials, RuleFirings, Job(JOB, tried.run), Port("tried", tried.found),
            Periodic("rules.sweep", 60, sweep.sweep), Periodic("rules.forget", 24 * 3600, tried.forget))
