"""What this room declares."""

from gezhi.engines.privacy.terms import Term
from gezhi.kernel.events import Port
from gezhi.kernel.metrics import Metric

from .following import FOLLOW
from .package import package
from .part import DataParts
from .request import DataRequests
from .words import FIGURES, KEPT_SINCE_ANSWER

DECLARES = (
    DataRequests, DataParts, Port("package", package), FOLLOW,
    Metric("data_request_open", FIGURES["open"], of="data_request", where={"open": "1"}, by=("kind",), window="all"),
    Metric("data_request_late", FIGURES["late"], of="data_request", where={"open": "1", "light": "red"}, by=("kind",),
           window="all", good="down"),
    Metric("data_request_on_time", FIGURES["on_time"], of="data_request", where={"overtime": "0", "open": "0"},
           base={"open": "0"}, measure="share", at="finished_at", window="30d", unit="%", good="up", target=100),
    Term("data_request", "finished_at", 1095, "remove", basis=KEPT_SINCE_ANSWER),
    Term("data_part", "finished_at", 1095, "remove", basis=KEPT_SINCE_ANSWER),
)
