"""Typed settings from the environment: the only place that reads environment variables.

Every variable is called ``GEZHI_<FIELD>``; ``DATABASE_URL`` alone is also read without the prefix, because
hosting platforms set it so. ``load()`` returns the same object for the life of the process.
"""

from __future__ import annotations

import os
import re
import secrets
from functools import cache, cached_property
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AliasChoices, Field, PrivateAttr, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from .ground import Source
from .text import _

PROJECT = Path(__file__).resolve().parents[3]
"""The project's root folder (holds ``Makefile``, ``src`` and, by default, ``var``)."""


KEYS = r"[0-9a-fA-F]{64}([,\s]+[0-9a-fA-F]{64})*"
"""One key of field encryption, or several."""
SCHEMES = frozenset({"postgres", "postgresql", "postgis", "pgsql"})
"""What a database's address may begin with; libpq takes the first two, other frameworks write the others."""


class Env(BaseSettings):
    """What may differ from one installation of Gezhi to the next."""

    _key_kept: bool = PrivateAttr(False)
    model_config = SettingsConfigDict(env_prefix="GEZHI_", extra="ignore", env_ignore_empty=True)

    # where things are
    home: Path = Field(PROJECT / "var", description="folder of all that an installation writes")
    node_modules: Path = Field(PROJECT / "node_modules", description="npm packages, read at set-up only")
    documents_url: str = Field("", description="folder path or s3://bucket/prefix; empty: <home>/documents")

    # the database; empty: a private cluster of our own under <home>
    database_url: str = Field(
        "",
        validation_alias=AliasChoices("GEZHI_DATABASE_URL", "DATABASE_URL"),
        description="postgres://user:password@host:port/name of a server of one's own",
    )
    fsync: bool = Field(True, description="off only for throw-away test clusters of the private server")

    # who may reach us, and under which address
    bind: str = Field("127.0.0.1:8000", description="host:port of pages and API")
    live_bind: str = Field("", description="host:port of the event stream; empty: the port after bind")
    live_url: str = Field("", description="address browsers use for event streams; empty: from live_bind")
    public_url: str = Field("", description="address in messages and links; empty: from bind")
    allowed_hosts: list[str] = Field(["localhost", "127.0.0.1", "[::1]"], description="JSON list; '*': any")
    https: bool = Field(False, description="secure cookies and HSTS, when a proxy ends TLS before us")

    # secrets; kept in files under <home> when unset
    secret_key: SecretStr = SecretStr("")
    field_key: SecretStr = Field(
        SecretStr(""), description="64 hex digits: key of field encryption; several with commas, the newest last")

    # behaviour
    debug: bool = False
    time_zone: str = "Asia/Shanghai"
    language: str = "zh-hans"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["json", "console"] = "json"
    web_workers: int = Field(2, ge=1, le=64)
    web_threads: int = Field(8, ge=1, le=64)
    job_concurrency: int = Field(4, ge=1, le=64, description="jobs a worker process runs side by side")
    job_processes: int = Field(2, ge=0, le=64, description="processes beside a worker for large imports; 0: none")

    # the outside world
    email_url: str = Field("spool", description="'spool' or smtp://user:password@host:port (smtps for TLS)")
    email_from: str = "gezhi@localhost"
    map_center: tuple[float, float] = Field((120.585, 31.299), description="longitude, latitude, WGS84")
    map_zoom: float = 10.0
    map_sources: list[Source] = Field([], description="JSON list of maps from outside: name, url, overlay, attribution")
    tianditu_key: SecretStr = Field(SecretStr(""), description="key of the national map service 天地图")

    @field_validator("home", "node_modules")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().resolve()

    @field_validator("bind", "live_bind")
    @classmethod
    def _host_and_port(cls, value: str) -> str:
        if value and not 1 <= split_bind(value)[1] <= 65535:
            raise ValueError(_("端口应在 1 到 65535 之间"))
        return value

    @field_validator("field_key")
    @classmethod
    def _hex_key(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value() and not re.fullmatch(KEYS, value.get_secret_value()):
            raise ValueError(_("应为 64 位十六进制数"))
        return value

    @field_validator("database_url")
    @classmethod
    def _server(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in SCHEMES or not parts.path.strip("/") or not _port_is_sound(value)):
            raise ValueError(_("应为 postgres://用户:密码@主机:5432/库名"))
        return value

    @field_validator("email_url")
    @classmethod
    def _gateway(cls, value: str) -> str:
        if value != "spool" and not (urlsplit(value).scheme in {"smtp", "smtps"} and _port_is_sound(value)):
            raise ValueError(_("应为 spool 或 smtp://用户:密码@主机:端口（加密用 smtps）"))
        return value

    @field_validator("language")
    @classmethod
    def _spoken(cls, value: str) -> str:
        for language in ("zh-hans", "en"):
            if value.lower().startswith(language[:2]):
                return language
        raise ValueError(_("应为 zh-hans 或 en"))

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ValueError, OSError, KeyError):  # KeyError: ZoneInfoNotFoundError
            raise ValueError(_("应为时区名，如 Asia/Shanghai")) from None
        return value

    @model_validator(mode="after")
    def _fill(self) -> Env:
        host, port = split_bind(self.bind)
        self.live_bind = self.live_bind or f"{host}:{port + 1}"
        shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 (compared, not bound)
        self.public_url = (self.public_url or f"http://{shown}:{port}").rstrip("/")
        live_host, live_port = split_bind(self.live_bind)
        live_shown = shown if live_host in {"0.0.0.0", "::"} else live_host  # noqa: S104
        self.live_url = (self.live_url or f"http://{live_shown}:{live_port}").rstrip("/")
        self.documents_url = self.documents_url or str(self.home / "documents")
        if not self.secret_key.get_secret_value():
            self.secret_key = SecretStr(_kept(self.home / "secret" / "django.key", 50))
        if not self.field_key.get_secret_value():
            self.field_key = SecretStr(_kept(self.key_file, 32))
            self._key_kept = True
        return self

    @property
    def key_file(self) -> Path:
        """Where the keys of field encryption are kept, one a line, unless the environment gives them."""
        return self.home / "keys" / "field.key"

    @property
    def keys_kept(self) -> bool:
        """Whether the keys come from :attr:`key_file`."""
        return self._key_kept

    @property
    def field_keys(self) -> list[str]:
        """Keys of field encryption as hexadecimal digits, the newest last."""
        return key_list(self.field_key.get_secret_value())

    @property
    def private_database(self) -> bool:
        """True when the database is a private cluster that ``gezhi up`` starts."""
        return not self.database_url

    @cached_property
    def dsn(self) -> str:
        """The address of the database in libpq's URL form, private cluster or not."""
        if self.database_url:
            return self.database_url
        from .cluster_paths import private_dsn

        return private_dsn(self.home)

    @property
    def logs(self) -> Path:
        """Folder of the log files."""
        return self.home / "log"

    @property
    def spool(self) -> Path:
        """Folder in which messages without a real gateway are kept to be looked at."""
        return self.home / "spool"


def _port_is_sound(url: str) -> bool:
    """True if the address names a host and, where it has one, a port that can be."""
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def key_list(text: str) -> list[str]:
    """Keys of field encryption in a text that separates them by commas or ends of lines."""
    return [word for word in re.split(r"[,\s]+", text) if word]


def split_bind(value: str) -> tuple[str, int]:
    """Split ``host:port``.

    Args: value: e.g. ``127.0.0.1:8000`` or ``[::1]:8000``.
    Returns: host without brackets, port.
    Raises: ValueError: no port, or not a number.
    """
    host, colon, port = value.rpartition(":")
    if not colon or not port.isdecimal():
        raise ValueError(_("应为 主机:端口，如 127.0.0.1:8000"))
    return host.strip("[]") or "127.0.0.1", int(port)


def _kept(path: Path, size: int) -> str:
    """Read the secret kept in *path*, making one of *size* random bytes if there is none (hexadecimal).

    Several processes may come here at once: the first link wins and all read the same file.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.parent.chmod(0o700)
        fresh = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(size))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text().strip()


@cache
def load() -> Env:
    """The settings of this process, read once."""
    return Env()
