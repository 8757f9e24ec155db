"""The backup file: one tar with the database's dump, the documents, and a manifest of checksums at its end.

The manifest comes last because checksums are reckoned while writing; an archive without it was cut short.
Keys of field encryption are never in it: who holds a backup must not thereby hold the key. A fingerprint is.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from .env import Env
from .text import Trouble, _

MANIFEST = "manifest.json"
DUMP = "database.dump"
DOCUMENTS = "documents/"
FORMAT = 1
CHUNK = 1 << 20

Progress = Callable[[int], None]
"""Called with a number of bytes more that are done."""


def key_fingerprint(env: Env) -> str:
    """Tells two field keys apart without giving either away."""
    return ",".join(hashlib.sha256(b"gezhi field key" + key.encode()).hexdigest()[:16] for key in env.field_keys)


def opens(ours: str, theirs: str) -> bool:
    """Whether keys with the fingerprints *ours* open what was sealed under those of *theirs* (a backup's)."""
    return bool(theirs) and ours.split(",")[:theirs.count(",") + 1] == theirs.split(",")


class Hashing:
    """A readable file that reckons the SHA-256 of what is read. Args: file, done: told of bytes read."""

    def __init__(self, file: IO[bytes], done: Progress) -> None:
        self.file = file
        self.done = done
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """As of any file."""
        data = self.file.read(size)
        self.digest.update(data)
        self.done(len(data))
        return data


def write(target: Path, parts: list[tuple[str, Path]], about: dict[str, Any], done: Progress) -> None:
    """Write the archive *target* whole or not at all.

    Args: parts: name in the archive and file. about: what the manifest says beside checksums. done: progress.
    """
    fresh = target.with_name(target.name + ".part")
    sums: dict[str, dict[str, Any]] = {}
    try:
        with fresh.open("wb") as out:
            with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
                for name, path in parts:
                    info = tar.gettarinfo(path, name)
                    info.uid = info.gid = 0
                    info.uname = info.gname = ""
                    with path.open("rb") as file:
                        reader = Hashing(file, done)
                        tar.addfile(info, reader)  # type: ignore[arg-type]
                    sums[name] = {"bytes": info.size, "sha256": reader.digest.hexdigest()}
                text = json.dumps(
                    {"format": FORMAT, **about, "files": sums}, ensure_ascii=False, indent=1
                ).encode()
                info = tarfile.TarInfo(MANIFEST)
                info.size, info.mtime = len(text), int(time.time())
                tar.addfile(info, io.BytesIO(text))
            out.flush()
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)


def verify(source: Path, done: Progress) -> dict[str, Any]:
    """Read the whole archive and compare every checksum; returns its manifest.

    Raises: Trouble: it is no backup of ours, cut short, damaged, or has files the manifest does not name.
    """
    sums: dict[str, str] = {}
    manifest: dict[str, Any] | None = None
    try:
        with tarfile.open(source, "r|") as tar:
            for member in tar:
                file = tar.extractfile(member)
                if file is None:
                    raise broken(source, _("含有不是文件的内容：%s") % member.name)
                if member.name == MANIFEST:
                    manifest = json.loads(file.read())
                    continue
                reader = Hashing(file, done)
                while reader.read(CHUNK):
                    pass
                sums[member.name] = reader.digest.hexdigest()
    except (tarfile.TarError, ValueError, EOFError) as error:
        raise broken(source, _("不是完整的备份，可能被截断或损坏（%s）") % error) from None
    if manifest is None:
        raise broken(source, _("没有清单，备份可能没有写完"))
    if manifest.get("format") != FORMAT:
        raise broken(source, _("版本不支持"))
    named = {name: entry["sha256"] for name, entry in manifest["files"].items()}
    wrong = sorted(name for name in named.keys() | sums.keys() if named.get(name) != sums.get(name))
    if wrong or DUMP not in named:
        raise broken(source, _("校验不符：%s") % ", ".join(wrong[:5] or [DUMP]))
    return manifest


def broken(source: Path, why: str) -> Trouble:
    """The trouble to raise for an archive that cannot be used."""
    return Trouble(
        _("备份文件 %(file)s 不可用：%(why)s") % {"file": source, "why": why}, _("请换一个备份文件。")
    )


def unpack(source: Path, dump: Path, documents: Path, done: Progress) -> None:
    """Write the dump to *dump*, documents below *documents*; files that are there already stay.

    Documents are stored by the hash of their content, so one that exists is the same. Call ``verify`` first.
    """
    with tarfile.open(source, "r|") as tar:
        for member in tar:
            file = tar.extractfile(member)
            if file is None or member.name == MANIFEST:
                continue
            target = dump if member.name == DUMP else place(documents, member.name)
            if target != dump and target.exists():
                done(member.size)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            fresh = target.with_name(target.name + ".part")
            with fresh.open("wb") as out:
                while data := file.read(CHUNK):
                    out.write(data)
                    done(len(data))
            fresh.replace(target)


def place(documents: Path, name: str) -> Path:
    """Where the member *name* belongs. Raises: Trouble: it would lie outside the documents' folder."""
    target = (documents / name.removeprefix(DOCUMENTS)).resolve()
    if not name.startswith(DOCUMENTS) or documents.resolve() not in target.parents:
        raise Trouble(_("备份中有不合法的文件名：%s") % name, _("请换一个备份文件。"))
    return target
