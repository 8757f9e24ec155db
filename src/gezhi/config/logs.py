"""Structured logging: one JSON object a line (or readable lines), with the request's id in every one."""

from __future__ import annotations

import logging
import logging.config
import re
import sys
from typing import Any

import structlog

from .env import Env

_PERSONAL = (
    (re.compile(r"(?<![0-9A-Za-z])([1-9]\d{2})\d{3}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])\d{4}(\d[0-9Xx])(?![0-9A-Za-z])"),
     r"\1***\2"),  # identity numbers
    (re.compile(r"(?<!\d)(1[3-9]\d)\d{4}(\d{4})(?!\d)"), r"\1****\2"),  # mobile telephones
    (re.compile(r'(DETAIL:|LINE \d+:|Key \([^)]*\)=)(?:\\.|[^\n"\\])*?(?=\\n|\n|"|$)'), r"\1 ***"),  # values in errors
    (re.compile(r'(JSON data, line \d+:)(?:\\.|[^\n\\])*?(?=\\n|\n|$|"[,}])'), r"\1 ***"),  # rows of the fast path
    (re.compile(r"((?:GET|POST|PUT|PATCH|DELETE|HEAD) [^\s\"'?]*|/(?:desk|api|pocket|public|wall)/[^\s\"'?]*)"
                r"\?[^\s\"'\\]*"),
     r"\1?***"),  # what somebody looked for
)


def scrub(line: str) -> str:
    """A line of a log without what may be somebody's: the last net under the rule that nothing personal is logged."""
    for pattern, instead in _PERSONAL:
        line = pattern.sub(instead, line)
    return line


class _Scrubbed(structlog.stdlib.ProcessorFormatter):
    """Formats, then scrubs: also what libraries log, and the words of exceptions."""

    def format(self, record: logging.LogRecord) -> str:
        return scrub(super().format(record))


def configure(env: Env) -> None:
    """Set up structlog and the standard library's logging to write to standard error alike."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=False),
        structlog.processors.StackInfoRenderer(),
    ]
    last: list[Any] = ([structlog.dev.ConsoleRenderer()] if env.log_format == "console" else
                       [structlog.processors.format_exc_info,
                        structlog.processors.JSONRenderer(ensure_ascii=False)])
    structlog.configure(processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
                        logger_factory=structlog.stdlib.LoggerFactory(), cache_logger_on_first_use=True)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Scrubbed(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last]))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(env.log_level)
    for name in ("procrastinate", "django.db.backends", "psycopg.pool", "pyogrio"):
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(env.log_level)))
