"""No log tells a personal value, through the city's own log formatter: failures, the net beneath, PostgreSQL's log.

What requests log is held by ``test_leaks``, which reads the log of all it asks.
"""

from __future__ import annotations

import logging

import pytest
import structlog
from django.db import DatabaseError, connection, transaction
from django.test import override_settings

from gezhi.config import logs
from gezhi.config.cluster_conf import server_conf
from gezhi.config.env import load

ID_NUMBER, PHONE, NAME = "320508195001010019", "13812345678", "欧阳小明"


@pytest.mark.django_db
def test_a_failure_logs_its_cause_without_the_value(log):
    table = "units_staff"
    with pytest.raises(DatabaseError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} (id, name, username) VALUES (1, %s, %s)", [NAME + PHONE, ID_NUMBER])
    structlog.get_logger("test").error("failed", exc_info=caught.value)
    logging.getLogger("django.request").error("Internal Server Error: /desk/person/?q=%s", NAME)
    logging.getLogger("other").warning("GET /api/v1/person?phone=%s HTTP/1.1 by %s, %s", PHONE, PHONE, ID_NUMBER)
    text = log.getvalue()
    assert "failed" in text and "Traceback" in text, "the log still says what happened"
    for value in (NAME, PHONE, ID_NUMBER):
        assert value not in text, value


@pytest.mark.parametrize(("line", "kept"), [
    ("case 202611210012345 filed", True), ("area 320508001001001", True), ("took 0.138 s at 1763700000", True),
    ("request 138123456789 id", True), (f"phone {PHONE}", False), (f'{{"id_no": "{ID_NUMBER}"}}', False),
    ("32050819500101001x", False), ("Key (name)=(王五) already exists.", False),
    ('CONTEXT:  JSON data, line 1: ...f_reporter_name":"王五', False)])
def test_the_net_catches_people_and_lets_figures_through(line, kept):
    assert (logs.scrub(line) == line) is kept
    assert kept or "王五" not in logs.scrub(line)


def test_the_net_holds_for_readable_logs_too(capsys):
    with override_settings():
        env = load().model_copy(update={"log_format": "console"})
        root = logging.getLogger()
        before, level = root.handlers[:], root.level
        logs.configure(env)
        logging.getLogger("x").warning("call %s", PHONE)
        root.handlers[:] = before
        root.setLevel(level)
    assert PHONE not in capsys.readouterr().err
    logs.configure(load())
    root.handlers[:] = before


def test_the_private_database_logs_no_statement_and_no_value(tmp_path):
    conf = server_conf(tmp_path, 8 << 30, fsync=True)
    for line in ("log_min_duration_statement = -1", "log_min_error_statement = panic", "log_parameter_max_length = 0",
                 "log_parameter_max_length_on_error = 0", "log_error_verbosity = terse"):
        assert line in conf.splitlines(), line
