"""The bucket store on another implementation of S3 (moto's server), with its own buckets, listings and errors."""

from __future__ import annotations

import hashlib
import io
import os
import urllib.request
from contextlib import contextmanager

import pytest

boto3 = pytest.importorskip("boto3", reason="the extra s3 is not installed")

from botocore.exceptions import BotoCoreError, ClientError  # noqa: E402
from moto.server import ThreadedMotoServer  # noqa: E402

from gezhi.foundation.documents.errors import HashMismatch, NotStored  # noqa: E402
from gezhi.foundation.documents.store import open_store  # noqa: E402

DATA = os.urandom(200_000)
SHA = hashlib.sha256(DATA).hexdigest()


@contextmanager
def running(port=0):
    found = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    found.start()
    try:
        yield found
    finally:
        found.stop()


def tell(url, data=b""):
    """Say something to moto itself."""
    asked = urllib.request.Request(url, data=data, headers={"Content-Type": "text/plain"}, method="POST")
    urllib.request.urlopen(asked).read()


@pytest.fixture(scope="module")
def server():
    with running() as found:
        host, port = found.get_host_and_port()
        yield f"http://{host}:{port}"


@pytest.fixture
def store(server, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "gezhi")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    tell(f"{server}/moto-api/reset")
    boto3.client("s3", endpoint_url=server, region_name="us-east-1").create_bucket(Bucket="docs")
    return open_store(f"s3://docs/a/b?endpoint={server}")


def test_put_get_range_variant_list_delete(store):
    assert store.put(io.BytesIO(DATA)).new and not store.put(io.BytesIO(DATA)).new
    assert (store.size(SHA), store.exists(SHA), store.verify(SHA)) == (len(DATA), True, True)
    assert store.open(SHA).read() == DATA and store.open(SHA, 150_000).read() == DATA[150_000:]
    store.put_variant(f"{SHA}.small", b"thumb")
    assert list(store.keys()) == [SHA] and list(store.keys(older_than=60)) == []
    with urllib.request.urlopen(store.url(SHA, name="报告.pdf", mime="application/pdf")) as answer:
        assert answer.read() == DATA and answer.headers["Content-Type"] == "application/pdf"
    store.delete(SHA)
    assert not store.exists(SHA) and not store.exists(f"{SHA}.small")


def test_what_is_missing_is_said(store):
    for read in (store.open, store.size, store.verify):
        with pytest.raises(NotStored):
            read(SHA)
    with pytest.raises(HashMismatch):
        store.put(io.BytesIO(b"other"), sha256=SHA)
    assert list(store.keys()) == []


def test_more_than_a_page_of_keys(store, monkeypatch):
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "2")
    for number in range(5):
        store.put(io.BytesIO(str(number).encode()))
    assert len(set(store.keys())) == 5


def test_a_missing_bucket_is_an_error_not_an_absent_document(server, store):
    nowhere = open_store(f"s3://nowhere?endpoint={server}")
    for act in (lambda: nowhere.put(io.BytesIO(DATA)), lambda: list(nowhere.keys()), lambda: nowhere.open(SHA)):
        with pytest.raises(ClientError, match="NoSuchBucket"):
            act()


def test_wrong_credentials_are_an_error_not_an_absent_document(server, store):
    store.put(io.BytesIO(DATA))
    tell(f"{server}/moto-api/reset-auth", b"0")
    try:
        for act in (lambda: store.put(io.BytesIO(DATA)), lambda: store.open(SHA), lambda: store.exists(SHA)):
            with pytest.raises(ClientError, match=r"InvalidAccessKeyId|403"):
                act()
    finally:
        tell(f"{server}/moto-api/reset-auth", b"inf")
    assert store.verify(SHA)


def test_an_outage_in_the_middle_is_an_error_and_the_next_try_goes_on(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "gezhi")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with running() as first:
        port = first.get_host_and_port()[1]
        url = f"http://127.0.0.1:{port}"
        boto3.client("s3", endpoint_url=url, region_name="us-east-1").create_bucket(Bucket="docs")
        store = open_store(f"s3://docs?endpoint={url}")
        store.put(io.BytesIO(DATA))
    for act in (lambda: store.put(io.BytesIO(b"while it is away")), lambda: store.exists(SHA)):
        with pytest.raises(BotoCoreError):
            act()
    with running(port):
        assert store.put(io.BytesIO(b"while it is away")).size == 16 and store.verify(SHA)
