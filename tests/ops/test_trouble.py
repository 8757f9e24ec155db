"""What an operator reads when a command, a setting or a folder is wrong: in both languages, without a traceback."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from babel.messages.pofile import read_po
from pydantic import ValidationError
from pydantic_settings import SettingsError

from gezhi.config.commands.backup import place
from gezhi.config.text import LOCALE, Trouble
from gezhi.config.trouble import trouble_of

SRC = Path(__file__).resolve().parents[2] / "src"


def gezhi(tmp_path, *arguments, **environment):
    """Run a command that fails before it needs a database; its words on standard error."""
    env = {k: v for k, v in os.environ.items() if "DATABASE_URL" not in k and k not in {"LANG", "LC_ALL"}}
    env |= {"GEZHI_HOME": str(tmp_path / "home"), "PYTHONPATH": str(SRC), **environment}
    done = subprocess.run([sys.executable, "-m", "gezhi", *arguments], env=env, capture_output=True, text=True)
    assert done.returncode in {1, 2}, done.stdout + done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    return done.stderr


@pytest.mark.parametrize(("name", "value", "chinese", "english"), [
    ("DATABASE_URL", "nonsense", "应为 postgres://", "postgres://"),
    ("DATABASE_URL", "mysql://a@b/c", "应为 postgres://", "postgres://"),
    ("DATABASE_URL", "postgres://a@b:port/c", "应为 postgres://", "postgres://"),
    ("GEZHI_BIND", "nowhere", "主机:端口", "host:port"),
    ("GEZHI_LANGUAGE", "fr", "zh-hans 或 en", "zh-hans or en"),
    ("GEZHI_TIME_ZONE", "Mars/City", "时区", "time zone"),
    ("GEZHI_ALLOWED_HOSTS", "town.example", "JSON 列表", "JSON list"),
    ("GEZHI_MAP_CENTER", "12", "JSON 列表", "JSON list"),
    ("GEZHI_WEB_WORKERS", "0", "≥ 1", "≥ 1"),
    ("GEZHI_LOG_LEVEL", "LOUD", "'DEBUG'", "'DEBUG'"),
    ("GEZHI_EMAIL_URL", "ftp://mail", "smtp://", "smtp://"),
])
def test_a_wrong_setting_is_named_and_told_how_it_should_be(monkeypatch, tmp_path, name, value, chinese, english):
    from gezhi.config import text
    from gezhi.config.env import Env

    monkeypatch.setenv("GEZHI_HOME", str(tmp_path))
    monkeypatch.setenv(name, value)
    for language, word in (("zh-hans", chinese), ("en", english)):
        if name != "GEZHI_LANGUAGE":
            monkeypatch.setenv("GEZHI_LANGUAGE", language)
        elif language == "en":
            monkeypatch.setattr(text, "english", lambda: True)
        text._catalogue.cache_clear()
        with pytest.raises((ValidationError, SettingsError)) as caught:
            Env()
        trouble = trouble_of(caught.value)
        text._catalogue.cache_clear()
        assert trouble and name in trouble.what and word in trouble.what, trouble
        assert value not in trouble.what or len(value) < 3, "a value may be a secret"


def test_wrong_commands_are_refused_in_chinese_and_english(tmp_path):
    assert "没有选项 '--nosuch'" in gezhi(tmp_path, "down", "--nosuch")
    missing = gezhi(tmp_path, "restore", "/nowhere.tar")
    assert "用法: gezhi restore" in missing and "文件 '/nowhere.tar' 不存在" in missing
    assert "No such command 'nosuch'" in gezhi(tmp_path, "nosuch", GEZHI_LANGUAGE="en")
    assert "无法读写 /proc/nothere" in gezhi(tmp_path, "status", GEZHI_HOME="/proc/nothere")


def test_every_word_put_in_place_of_clicks_is_still_clicks():
    source = "".join(path.read_text() for path in Path(click.__file__).parent.glob("*.py"))
    with (LOCALE / "zh_Hans" / "LC_MESSAGES" / "click.po").open("rb") as file:
        words = [word for message in read_po(file) if message.id
                 for word in ([message.id] if isinstance(message.id, str) else message.id)]
    assert len(words) > 30
    assert [word for word in words if f'"{word}"' not in source] == []


def test_a_backup_goes_to_a_folder_that_can_be(tmp_path):
    assert place(tmp_path / "new").parent == tmp_path / "new"
    assert place(tmp_path / "one.tar") == tmp_path / "one.tar"
    (tmp_path / "file").write_text("x")
    for target in (tmp_path / "not" / "there", tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(Trouble):
            place(target)
    assert not (tmp_path / "not").exists()


def test_trouble_with_files_is_told_and_a_defect_keeps_its_traceback():
    assert "/x" in trouble_of(OSError(errno.ENOSPC, "full", "/x")).what
    assert trouble_of(OSError(errno.ENOSPC, "full")).remedy
    for number in (errno.EACCES, errno.EROFS, errno.ENOENT, errno.ENOTDIR, errno.EEXIST):
        assert "/x" in trouble_of(OSError(number, "…", "/x")).what
    assert trouble_of(OSError(errno.ECONNRESET, "reset")) is None
    assert trouble_of(KeyError("a defect")) is None
