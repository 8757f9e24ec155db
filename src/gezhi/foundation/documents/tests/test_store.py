"""Stores, local and in a bucket, held to the same interface."""

import errno
import hashlib
import io
import os
import random
import time
import urllib.request

import pytest

from gezhi.foundation.documents import store as store_module
from gezhi.foundation.documents.content import check_key
from gezhi.foundation.documents.errors import Empty, HashMismatch, NotStored, StoreFull, TooLarge
from gezhi.foundation.documents.store import FolderStore, open_store

from .fake_s3 import FakeS3

DATA = random.Random(7).randbytes(3 * 1024 * 1024 + 17)
SHA = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def bucket(monkeypatch):
    pytest.importorskip("boto3")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    server = FakeS3()
    yield server
    server.stop()


@pytest.fixture(params=["folder", "bucket"])
def store(request, tmp_path):
    if request.param == "folder":
        return open_store(str(tmp_path / "docs"))
    return open_store(f"s3://docs/city?endpoint={request.getfixturevalue('bucket').url}")


def test_put_open_size_verify(store):
    put = store.put(io.BytesIO(DATA), sha256=SHA.upper())
    assert (put.sha256, put.size, put.new) == (SHA, len(DATA), True)
    with store.open(SHA) as stream:
        assert stream.read() == DATA
    with store.open(SHA, start=len(DATA) - 5) as stream:
        assert stream.read() == DATA[-5:]
    assert store.size(SHA) == len(DATA)
    assert store.verify(SHA)


def test_the_same_content_is_kept_once(store):
    assert store.put(io.BytesIO(DATA)).new
    assert not store.put(io.BytesIO(DATA)).new
    assert list(store.keys()) == [SHA]


def test_a_stream_is_read_from_where_it_stands(store):
    stream = io.BytesIO(b"12345")
    stream.seek(2)
    assert store.put(stream).sha256 == hashlib.sha256(b"345").hexdigest()


@pytest.mark.parametrize(
    ("data", "options", "error"),
    [
        (b"", {}, Empty),
        (b"x" * 11, {"limit": 10}, TooLarge),
        (b"x", {"sha256": SHA}, HashMismatch),
    ],
)
def test_what_is_refused_leaves_nothing(store, data, options, error):
    with pytest.raises(error):
        store.put(io.BytesIO(data), **options)
    assert list(store.keys()) == []


def test_variants_follow_their_content(store):
    store.put(io.BytesIO(DATA))
    store.put_variant(f"{SHA}.small", b"thumb")
    with store.open(f"{SHA}.small") as stream:
        assert stream.read() == b"thumb"
    assert list(store.keys()) == [SHA]
    store.delete(SHA)
    assert not store.exists(SHA)
    assert not store.exists(f"{SHA}.small")
    store.delete(SHA)
    for read in (store.open, store.size, store.verify):
        with pytest.raises(NotStored):
            read(SHA)


def test_keys_that_are_young_are_spared(store):
    store.put(io.BytesIO(DATA))
    assert list(store.keys(older_than=60)) == []


@pytest.mark.parametrize("key", ["../../etc/passwd", SHA[:-1], SHA.upper(), SHA + ".", SHA + "/x", SHA + "\n", ""])
def test_nothing_but_a_key_opens_anything(store, key):
    for act in (store.open, store.size, store.exists, store.delete, check_key):
        with pytest.raises(ValueError):
            act(key)


def test_changed_content_is_noticed(tmp_path):
    store = FolderStore(tmp_path)
    store.put(io.BytesIO(DATA))
    path = tmp_path / SHA[:2] / SHA[2:4] / SHA
    path.write_bytes(DATA[:-1] + b"?")
    assert not store.verify(SHA)


def test_a_put_makes_content_young_again_and_repairs_a_short_file(tmp_path):
    store = FolderStore(tmp_path)
    store.put(io.BytesIO(DATA))
    path = tmp_path / SHA[:2] / SHA[2:4] / SHA
    os.utime(path, (time.time() - 1000,) * 2)
    assert list(store.keys(older_than=500)) == [SHA]
    store.put(io.BytesIO(DATA))
    assert list(store.keys(older_than=500)) == []
    path.write_bytes(b"short")
    store.put(io.BytesIO(DATA))
    assert store.verify(SHA)


class _FullDisk(io.RawIOBase):
    """A file on a disk that is full after the first chunk."""

    def __init__(self, real):
        self.real, self.room = real, 1

    def write(self, block):
        if not self.room:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.room -= 1
        return self.real.write(block)

    def fileno(self):
        return self.real.fileno()

    def close(self):
        self.real.close()


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path, monkeypatch):
    store = FolderStore(tmp_path)
    real = os.fdopen
    monkeypatch.setattr(store_module.os, "fdopen", lambda handle, mode: _FullDisk(real(handle, mode)))
    with pytest.raises(StoreFull, match="存储空间不足"):
        store.put(io.BytesIO(DATA))
    assert list((tmp_path / "tmp").iterdir()) == []
    assert list(store.keys()) == []


def test_a_full_bucket_is_said(bucket):
    store = open_store(f"s3://docs?endpoint={bucket.url}")
    bucket.full = True
    with pytest.raises(StoreFull):
        store.put(io.BytesIO(b"x"))


def test_an_upload_that_breaks_leaves_nothing_and_leftovers_are_swept(tmp_path):
    class Broken(io.BytesIO):
        def read(self, size=-1):
            raise ConnectionResetError

    store = FolderStore(tmp_path)
    with pytest.raises(ConnectionResetError):
        store.put(Broken())
    assert list((tmp_path / "tmp").iterdir()) == []
    (tmp_path / "tmp" / "left").write_bytes(b"x")
    assert store.sweep() == 0
    assert store.sweep(older_than=0) == 1


def test_links(bucket, tmp_path):
    store = open_store(f"s3://docs/a/b?endpoint={bucket.url}")
    store.put(io.BytesIO(DATA))
    assert list(bucket.objects) == [f"a/b/{SHA[:2]}/{SHA[2:4]}/{SHA}"]
    with urllib.request.urlopen(store.url(SHA, name="报告 1.pdf", mime="application/pdf")) as answer:
        assert answer.read() == DATA
        assert answer.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''%E6%8A%A5")
    assert FolderStore(tmp_path).url(SHA, name="x", mime="y") is None


def test_urls_of_stores(tmp_path):
    assert open_store(f"file://{tmp_path}/a%20b").root == tmp_path / "a b"
    for url in ("ftp://x/y", "file://host/x"):
        with pytest.raises(ValueError):
            open_store(url)
