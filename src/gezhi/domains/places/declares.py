"""What this room declares."""

from django.utils.translation import gettext_lazy as _

from gezhi.engines.privacy.lasting import Lasts
from gezhi.engines.privacy.terms import Term

from .key_area import KeyAreas
from .key_place import KeyPlaces
from .school import Schools
from .school_case import SchoolCases

IN_OFFICE = _("现任负责人的工作电话，换人时改写，场所注销时随记录删除")

DECLARES = (KeyPlaces, Schools, SchoolCases, KeyAreas, Lasts("key_place", IN_OFFICE), Lasts("school", IN_OFFICE),
            Term("school_case", "happened_on", 1825, "sensitive", where="solved=1"))
