"""What this room declares."""

from gezhi.engines.jobs import Job, Periodic
from gezhi.engines.privacy.terms import Term
from gezhi.kernel.events import Port

from . import carry, whole
from .request import JOB, ExportRequests
from .reseal import FILES

DECLARES = (ExportRequests, FILES,
            # only what is over: an open request without its filters would be one for everything
            Term("export_request", "created_at", 1095, "sensitive", where="status=refused,ended,expired,failed"),
            Job(JOB, whole.build), Periodic("transfer.expire", 300, whole.expire),
            Job(carry.JOB, carry.carry_on), Job(carry.LANE, carry.lane), Periodic("transfer.sweep", 10, carry.sweep),
            Periodic("transfer.forget", 24 * 3600, carry.forget), Port("imported", carry.imported))
