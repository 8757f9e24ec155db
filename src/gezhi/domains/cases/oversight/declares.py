"""What supervision declares."""

from gezhi.kernel.events import Seed

from .boards import BOARDS, METRICS
from .card import Cards
from .flag import GamingFlags
from .gaming import PERIODIC as LOOKING
from .paths import READING
from .quality import QualityChecks, QualitySamples
from .remark import Remarks
from .scale import OversightScales, seed
from .supervision import SupervisionOrders
from .sweep import PERIODIC, RAISE

OVERSIGHT = (SupervisionOrders, Cards, Remarks, QualitySamples, QualityChecks, GamingFlags, OversightScales,
             RAISE, READING, *PERIODIC, *LOOKING, *METRICS, *BOARDS,
             Seed("oversight_scale", "cases_oversightscale", seed))
