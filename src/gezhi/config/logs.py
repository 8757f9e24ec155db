"""Structured logging: one JSON object a line (or readable lines), with the request's id in every one."""

from __future__ import annotations

import logging
import logging.config
import sys
from typing import Any

import structlog

from .env import Env


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
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last]))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(env.log_level)
    for name in ("procrastinate", "django.db.backends", "psycopg.pool", "pyogrio"):
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(env.log_level)))
