"""Settings from the environment: defaults that hang together, secrets that are made once, clear refusals."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from pydantic import ValidationError

from gezhi.config.env import Env


@pytest.fixture(autouse=True)
def _bare(monkeypatch, tmp_path):
    for name in ("DATABASE_URL", "GEZHI_DATABASE_URL", "GEZHI_BIND"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GEZHI_HOME", str(tmp_path))


def test_addresses_follow_bind(monkeypatch):
    monkeypatch.setenv("GEZHI_BIND", "0.0.0.0:9100")
    env = Env()
    assert (env.live_bind, env.live_url) == ("0.0.0.0:9101", "http://127.0.0.1:9101")
    assert env.public_url == "http://127.0.0.1:9100"


@pytest.mark.parametrize("bad", ["8000", "localhost", "host:0", "host:70000"])
def test_bad_bind_is_refused(monkeypatch, bad):
    monkeypatch.setenv("GEZHI_BIND", bad)
    with pytest.raises(ValidationError):
        Env()


def test_plain_database_url_is_read(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://u@h/d")
    env = Env()
    assert env.dsn == "postgres://u@h/d"
    assert not env.private_database


def test_secrets_are_made_once_and_readable_by_us_only(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        keys = {env.field_key.get_secret_value() for env in pool.map(lambda _: Env(), range(16))}
    assert len(keys) == 1
    kept = tmp_path / "keys" / "field.key"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [path.name for path in kept.parent.iterdir()] == ["field.key"]
