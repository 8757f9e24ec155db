"""Kinds of numbers that carry their own check: credit codes, plates, component and area codes, own numbers."""

from __future__ import annotations

import random
from typing import Any, ClassVar

from .. import identifiers
from .basic import TextKind


class CheckedKind(TextKind):
    """A number that :mod:`gezhi.kernel.identifiers` can check; kept tidied."""

    check: ClassVar[Any]

    def clean(self, raw: Any) -> str:
        try:
            return super().clean(type(self).check(str(raw)))
        except ValueError as error:
            raise self.wrong(str(error)) from None


class CreditCodeKind(CheckedKind):
    """统一社会信用代码 of GB 32100."""

    check = staticmethod(identifiers.credit_code)

    def sample(self, rng: random.Random) -> str:
        body = "91320508" + "".join(rng.choice(identifiers.CREDIT_LETTERS) for _n in range(9))
        return body + identifiers.credit_check(body)


class PlateKind(CheckedKind):
    """号牌号码 of GA 36."""

    check = staticmethod(identifiers.plate)

    def sample(self, rng: random.Random) -> str:
        return f"苏E{rng.randint(0, 99999):05d}"


class ComponentCodeKind(CheckedKind):
    """管理部件标识码 of GB/T 47678.5."""

    check = staticmethod(identifiers.component_code)

    def sample(self, rng: random.Random) -> str:
        return f"32050801001{rng.randint(1, 999999):06d}"


class RegionCodeKind(CheckedKind):
    """区划代码, twelve digits; any in the country, not only those this installation knows."""

    check = staticmethod(identifiers.region_code)

    def sample(self, rng: random.Random) -> str:
        return f"3205{rng.randint(1, 99):02d}000000"
