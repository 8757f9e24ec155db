"""Where the private PostgreSQL keeps its files: pure path reckoning, nothing is started or written here.

Two limits shape it. A Unix socket's path must stay below 108 bytes, so sockets live in a short folder of
their own. And PostgreSQL never runs as root: when we are root it runs as the system user ``postgres``, who
must be able to reach the data folder; under a home folder of mode 0700 it cannot, so then the data goes to
``/var/lib/gezhi``. The choice is made once and noted in ``<home>/pg.location``, so that a later change of
modes never makes a city's data seem lost.
"""

from __future__ import annotations

import hashlib
import os
import pwd
from pathlib import Path
from urllib.parse import quote

ROLE = "app"
DATABASE = "gezhi"
PORT = 5432
"""Names the socket file only: nothing listens on the network."""


def tag(home: Path) -> str:
    """A short name for the installation that lives in *home*, the same at every start."""
    return hashlib.sha256(str(home).encode()).hexdigest()[:10]


def server_user() -> pwd.struct_passwd | None:
    """The system user PostgreSQL runs as: ``postgres`` when we are root, else None (ourselves)."""
    return pwd.getpwnam("postgres") if os.geteuid() == 0 else None


def socket_dir(home: Path) -> Path:
    """The short folder that holds the socket of the installation in *home*."""
    if os.geteuid() == 0:
        return Path("/run") / f"gezhi-{tag(home)}"
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    usable = runtime and len(runtime) < 60 and os.access(runtime, os.W_OK)
    base = Path(runtime) if usable else Path("/tmp")  # noqa: S108 (its owner is checked before use)
    return base / f"gezhi-{os.geteuid()}-{tag(home)}"


def data_dir(home: Path) -> Path:
    """The folder of the private cluster: as noted, else where its user can reach it (see the module)."""
    note = home / "pg.location"
    if note.is_file():
        return Path(note.read_text().strip())
    if os.geteuid() == 0 and not reachable_by_others(home):
        return Path("/var/lib/gezhi") / tag(home) / "pg"
    return home / "pg"


def reachable_by_others(path: Path) -> bool:
    """True if every existing folder from the root down to *path* lets other users pass (mode o+x)."""
    for folder in (path, *path.parents):
        try:
            mode = folder.stat().st_mode
        except FileNotFoundError:
            continue
        if not mode & 0o001:
            return False
    return True


def private_dsn(home: Path, database: str = DATABASE) -> str:
    """The libpq URL of *database* in the private cluster of *home*."""
    return f"postgres://{ROLE}@/{quote(database)}?host={quote(str(socket_dir(home)), safe='')}&port={PORT}"
