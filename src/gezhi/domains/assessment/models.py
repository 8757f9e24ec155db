from .appeal import ScoreAppeal
from .publication import AssessFact, Publication, ScoreLine
from .scheme import Scheme, SchemeVersion

__all__ = ["AssessFact", "Publication", "Scheme", "SchemeVersion", "ScoreAppeal", "ScoreLine"]
