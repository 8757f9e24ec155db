"""What happens how often, when in the year, at which hour and through which channel: the demo city's habits.

All figures are invented so that the boards look like a city in the Yangtze delta (hot wet summers, typhoons,
a short heating season); none was measured anywhere.
"""
# ruff: noqa: E501  (tables of figures)

from __future__ import annotations

CATEGORY_SHARE = {
    "0101": 7.0, "0102": 5.0, "0103": 2.5, "0104": 2.5, "0105": 0.3, "0106": 16.0, "0107": 4.0, "0108": 4.0,
    "0109": 14.0, "0110": 0.4, "0201": 1.2, "0202": 0.6, "0203": 0.4, "0204": 0.3, "0301": 1.4, "0302": 1.6,
    "0401": 4.0, "0501": 2.5, "0502": 1.2, "0601": 5.0, "0602": 6.0, "0603": 3.0, "0604": 2.0, "0701": 0.5,
    "0702": 0.9, "0704": 0.5, "0706": 0.5, "0707": 0.4, "0801": 5.0, "0901": 2.5, "0902": 1.2, "1001": 1.2,
    "1002": 0.8, "1003": 0.6, "1101": 1.0, "1102": 0.7, "1201": 0.6, "1202": 0.2, "1301": 3.2, "9901": 0.4,
}  # fmt: skip
"""Share of a category among all reports, in percent; categories not named have ``RARE_SHARE``."""
RARE_SHARE = 0.12

BOOST = {
    "0109009": 9.0, "0106010": 7.0, "0106028": 7.0, "0109006": 5.0, "0109010": 4.0, "0602001": 5.0, "0106036": 4.0,
    "0106013": 4.0, "0107001": 6.0, "0109005": 4.0, "0109011": 4.0, "0106012": 3.0, "0106042": 4.0, "0108001": 6.0,
    "0108004": 4.0, "0401003": 4.0, "0401001": 4.0, "0302007": 3.0, "0101037": 8.0, "0103005": 5.0, "0104002": 5.0,
    "0101002": 4.0, "0101003": 4.0, "0102017": 4.0, "0102010": 4.0, "0102025": 3.0, "0601001": 2.0, "0601004": 3.0,
    "0601009": 3.0, "0602002": 3.0, "0602004": 3.0, "0603001": 5.0, "0801008": 3.0, "0801001": 4.0, "0801007": 3.0,
    "0902001": 3.0, "1301004": 4.0, "1301005": 2.0, "1201006": 2.0, "0201010": 4.0, "0501005": 3.0, "0101007": 3.0,
    "1202004": 0.05, "1202006": 0.1, "0203006": 0.2, "0201012": 0.2, "0106031": 0.3, "0202009": 0.3,
}  # fmt: skip
"""How much oftener (or rarer) than its category's mean an item comes; 1 when not named."""

SEASON = {
    "0601006": "heating", "0601007": "heating", "0501003": "heating", "1201004": "heating", "0101061": "heating",
    "0110001": "frost", "1202003": "frost", "0601003": "frost", "1201001": "frost",
    "1201006": "rain", "1202001": "rain", "0101004": "rain", "0101072": "rain", "0502004": "rain",
    "0601009": "rain", "1202002": "rain", "0101071": "rain", "1201003": "rain", "0602004": "rain", "1201005": "rain",
    "0104002": "storm", "0104001": "storm", "0104003": "storm", "0106043": "storm", "0107003": "storm",
    "1201007": "storm", "0110002": "storm", "0103006": "storm", "0302005": "storm", "1201008": "storm",
    "0106028": "summer", "0106029": "summer", "0501005": "summer", "0901004": "summer", "0109002": "summer",
    "1002007": "summer", "0106027": "summer", "0106010": "summer", "0106042": "summer", "0106025": "summer",
    "0502002": "summer", "0801001": "summer", "0801002": "summer", "0601004": "summer", "0106030": "summer",
    "0104": "spring", "0106021": "spring", "0106018": "spring", "1101": "spring",
    "0501002": "harvest", "1102004": "dry", "0401010": "dry", "0106020": "dry",
    "1001": "school", "0801013": "school", "0603001": "yearend", "0203001": "yearend", "0301006": "yearend",
    "0801012": "holiday", "0902": "holiday", "1202006": "holiday", "0102001": "holiday", "0901002": "holiday",
    "0108001": "exam",
}  # fmt: skip
"""Season class by item code or category (the longer wins); ``flat`` when neither is named."""

WEEKEND = {"summer": 1.15, "holiday": 1.25, "storm": 1.0, "rain": 1.0, "frost": 1.0, "exam": 1.1, "flat": 0.72}
"""Weight of a Saturday, Sunday or public holiday against a working day; 0.72 for classes not named."""

CHANNELS = (
    "grid_app", "hotline_12345", "snapshot", "citytong_app", "wechat", "mini_program", "web", "leader_mailbox",
    "petition", "on_site", "iot", "video_ai", "department", "superior", "media", "police_110",
)  # fmt: skip
_CIVIC = (8, 52, 3, 8, 8, 7, 5, 4, 1.5, 1.5, 0, 0, 1, 0.6, 0.4, 0)
_STREET = (50, 22, 9, 5, 4, 2, 1, 0.5, 0, 0.5, 1.5, 4, 0.3, 0.1, 0.1, 0)
_HARD = (14, 45, 2, 5, 5, 4, 3, 5, 8, 3, 0, 0, 3, 2, 0.5, 0.5)
_ALARM = (22, 42, 6, 4, 3, 1, 0.5, 0, 0, 0, 12, 5, 1, 0, 0.5, 3)
CHANNEL_MIX = {
    "facility": (55, 19, 9, 5, 4, 2, 1, 0.3, 0, 0.2, 3.5, 0.5, 0.4, 0.1, 0, 0),
    "clean": _STREET, "street": _STREET, "site": (30, 45, 6, 5, 5, 3, 2, 1, 0, 0, 2, 0.5, 0.3, 0.1, 0.1, 0),
    "noise": (8, 65, 4, 7, 6, 4, 3, 1, 0, 0, 1, 0, 0.2, 0, 0, 0.8),
    "fire": (45, 28, 7, 5, 4, 3, 1, 0.5, 0, 0, 3, 2, 0.9, 0.4, 0.2, 0), "emergency": _ALARM,
    "mass": _HARD, "law": _HARD, "land": _HARD, "dispute": (30, 35, 0, 5, 4, 4, 2, 2, 5, 11, 0, 0, 1, 0.5, 0, 0.5),
    "care": (62, 24, 0, 2, 2, 1, 1, 0, 0, 3, 0, 0, 3, 0.5, 0, 1.5),
    "order": (25, 45, 3, 6, 5, 4, 3, 1, 1, 1, 0, 0, 1, 0.5, 0, 4.5),
}  # fmt: skip
"""Weight of each channel (order of ``CHANNELS``) by lexicon group; ``CIVIC_MIX`` when not named."""
CIVIC_MIX = _CIVIC

PUBLIC_CHANNELS = frozenset(
    ("hotline_12345", "snapshot", "citytong_app", "wechat", "mini_program", "web", "leader_mailbox", "petition", "on_site")
)
"""Channels on which a citizen speaks, so that there is somebody to call back."""

HOURS = {
    "office": (0, 0, 0, 0, 0, 0, 1, 4, 12, 14, 13, 9, 3, 7, 12, 13, 11, 7, 3, 2, 1, 0.5, 0, 0),
    "phone": (1, 0.5, 0.3, 0.2, 0.3, 0.8, 2, 5, 10, 11, 10, 8, 5, 6, 9, 9, 8, 7, 6, 6, 5, 4, 3, 2),
    "web": (2, 1, 0.5, 0.3, 0.3, 0.5, 1.5, 3, 6, 7, 7, 6, 7, 6, 6, 6, 6, 6, 6, 8, 9, 9, 7, 4),
    "night": (7, 5, 3, 2, 1, 2, 3, 3, 3, 3, 3, 3, 4, 3, 2, 2, 2, 3, 5, 8, 11, 13, 14, 11),
    "rush": (1, 0.5, 0.3, 0.3, 0.5, 1.5, 5, 13, 12, 6, 5, 5, 5, 5, 5, 5, 8, 13, 11, 6, 4, 3, 2, 1.5),
    "device": (4,) * 24,
}
"""Weight of each hour of the day by habit."""
HOUR_OF_GROUP = {"noise": "night", "traffic": "rush", "ride": "rush"}
HOUR_OF_CHANNEL = {
    "grid_app": "office", "department": "office", "superior": "office", "on_site": "office", "petition": "office",
    "hotline_12345": "phone", "police_110": "phone", "iot": "device", "video_ai": "device",
}  # fmt: skip

LATE_BASE = 0.055
"""Share of orders finished late by a middling kind of unit; each kind of unit departs from it by up to half."""
LATE_GROUP = {"housing": 1.6, "land": 1.8, "law": 1.5, "pollution": 1.3, "dispute": 1.2, "clean": 0.8, "street": 0.8}


def season_of(code: str) -> str:
    """The season class of an item."""
    return SEASON.get(code) or SEASON.get(code[:4]) or "flat"


def hour_habit(channel: str, group: str) -> str:
    """Which row of ``HOURS`` a report follows: staff and devices keep their own hours, citizens their trouble's."""
    own = HOUR_OF_CHANNEL.get(channel)
    if own in ("office", "device"):
        return own
    return HOUR_OF_GROUP.get(group) or own or "web"
