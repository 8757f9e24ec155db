"""What this room declares."""

from django.utils.translation import gettext_lazy as _

from gezhi.engines.privacy.lasting import Lasts

from .line import ProtectedLines
from .record import LineRecords

DECLARES = (ProtectedLines, LineRecords,
            Lasts("protected_line", _("现任负责人的工作电话，换人时改写，线路停用时随记录删除")))
