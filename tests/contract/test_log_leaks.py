"""No log tells a personal value: whatever is read, refused, fails or is slow, through the city's own log formatter.

Lists are searched for the value itself, forms are sent with it, requests fail with it in their exception; what
PostgreSQL writes to its own log is settled by its configuration.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest
import structlog
from django.db import DatabaseError, connection, transaction
from django.test import Client, override_settings

from gezhi.config import logs
from gezhi.config.cluster_conf import server_conf
from gezhi.config.env import load
from gezhi.kernel.kinds.links import CodeKind
from gezhi.surfaces.api import http
from gezhi.surfaces.desk import frame

from .conftest import mighty
from .test_leaks import TELLING, personal, sample, secrets, surfaces

ID_NUMBER, PHONE, NAME = "320508195001010019", "13812345678", "欧阳小明"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged from here on, as the city would write it."""
    root, config = logging.getLogger(), structlog.get_config()
    before, level = root.handlers[:], root.level
    logs.configure(load())
    out = io.StringIO()
    root.handlers[0].setStream(out)
    yield out
    root.handlers[:] = before
    root.setLevel(level)
    structlog.configure(**config)


@pytest.mark.django_db
def test_reading_searching_and_writing_log_no_personal_value(log, monkeypatch):
    client, told, tried = Client(raise_request_exception=False), [], 0
    for seed, register in enumerate(TELLING):
        record = sample(register, seed)
        who = mighty(register)
        monkeypatch.setattr(frame, "actor_of_request", lambda _request, via="", who=who: who.through(via))
        monkeypatch.setattr(http, "actor_of", lambda _request, who=who: who)
        hidden = {n: v for n, v in secrets(record, deep=False).items() if len(v) > 3}
        codes = {f"{register.name}.{k.name}" for k in personal(register) if isinstance(k, CodeKind)}
        for address in surfaces(register, record):
            client.get(address)
            tried += 1
        for name, value in hidden.items():
            field = name.partition(".")[2]
            client.get(f"/desk/{register.name}/", {"q": value, field: value})
            client.get(f"/api/v1/{register.name}", {"q": value, field: value})
            client.get(f"/desk/{register.name}/nothing-{seed}", {"q": value})
            client.post(f"/desk/{register.name}/new", {field: value})
            client.post(f"/api/v1/{register.name}", {field: value}, content_type="application/json")
            tried += 5
        text = log.getvalue()
        told += [name for name, value in hidden.items() if name not in codes and value in text]
        log.seek(0)
        log.truncate()
    print(f"\nlogs: {tried} requests of {len(TELLING)} registers, {len(told)} told")
    assert tried > 500
    assert not told, told


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
    ("32050819500101001x", False), ("Key (name)=(王五) already exists.", False)])
def test_the_net_catches_people_and_lets_figures_through(line, kept):
    assert (logs.scrub(line) == line) is kept


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
