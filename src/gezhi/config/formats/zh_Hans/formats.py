"""Dates as the screens show them everywhere: 2026-11-21 08:30."""

DATE_FORMAT = SHORT_DATE_FORMAT = "Y-m-d"
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = "Y-m-d H:i"
TIME_FORMAT = "H:i"
USE_THOUSAND_SEPARATOR = False
