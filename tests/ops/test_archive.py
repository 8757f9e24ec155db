"""The backup file: what is damaged, cut short, foreign or sly is refused; what is whole comes back."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest

from gezhi.config.archive import DOCUMENTS, DUMP, MANIFEST, place, unpack, verify, write
from gezhi.config.text import Trouble


def ignore(size: int) -> None:
    """Progress nobody looks at."""


@pytest.fixture
def backup(tmp_path):
    dump, paper = tmp_path / "dump", tmp_path / "paper"
    dump.write_bytes(b"PGDMP" * 1000)
    paper.write_bytes("一张照片".encode())
    target = tmp_path / "backup.tar"
    write(target, [(DUMP, dump), (DOCUMENTS + "ab/cd", paper)], {"made": "now"}, ignore)
    return target


def test_comes_back_whole(backup, tmp_path):
    seen = []
    manifest = verify(backup, seen.append)
    assert sum(seen) == sum(entry["bytes"] for entry in manifest["files"].values())
    unpack(backup, tmp_path / "out", tmp_path / "documents", ignore)
    assert (tmp_path / "out").read_bytes() == b"PGDMP" * 1000
    assert (tmp_path / "documents" / "ab" / "cd").read_text() == "一张照片"
    assert not list(tmp_path.rglob("*.part"))


def test_a_flipped_byte_is_found(backup):
    content = bytearray(backup.read_bytes())
    content[content.index(b"PGDMP") + 2] ^= 1
    backup.write_bytes(content)
    with pytest.raises(Trouble):
        verify(backup, ignore)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_cut_file_is_refused(backup, share):
    content = backup.read_bytes()
    end = content.index(MANIFEST.encode())
    backup.write_bytes(content[: int(end * share)])
    with pytest.raises(Trouble):
        verify(backup, ignore)


def test_a_file_the_manifest_does_not_name_is_refused(backup, tmp_path):
    manifest = verify(backup, ignore)
    with tarfile.open(tmp_path / "sly.tar", "w") as tar:
        for name, content in {**dict.fromkeys(manifest["files"], b""), DOCUMENTS + "extra": b"x"}.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        text = json.dumps(manifest).encode()
        info = tarfile.TarInfo(MANIFEST)
        info.size = len(text)
        tar.addfile(info, io.BytesIO(text))
    with pytest.raises(Trouble):
        verify(tmp_path / "sly.tar", ignore)


@pytest.mark.parametrize("name", ["documents/../../etc/passwd", "/etc/passwd", "documents/", "other/file"])
def test_nothing_is_written_outside_the_folder(tmp_path, name):
    with pytest.raises(Trouble):
        place(tmp_path / "documents", name)


def test_an_interrupted_write_leaves_nothing(tmp_path):
    def fail(size: int) -> None:
        raise OSError(28, "No space left on device")

    dump = tmp_path / "dump"
    dump.write_bytes(b"x")
    with pytest.raises(OSError, match="No space"):
        write(tmp_path / "b.tar", [(DUMP, dump)], {}, fail)
    assert sorted(path.name for path in Path(tmp_path).iterdir()) == ["dump"]
