"""What this room declares."""

from gezhi.kernel.events import Port, Seed

from .appeal import ScoreAppeals
from .boards import BOARDS, METRICS
from .drill import assessed
from .publication import JOBS, Publications, ScoreLines
from .scheme import Schemes, SchemeVersions, seed

DECLARES = (Publications, ScoreLines, ScoreAppeals, Schemes, SchemeVersions, *JOBS, *METRICS, *BOARDS,
            Port("assessed", assessed), Seed("assess_schemes", "assessment_schemeversion", seed))
