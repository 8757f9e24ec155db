"""Content in an S3-compatible bucket (MinIO, Ceph, a cloud's object storage); the interface is in `store`."""

from __future__ import annotations

import io
import tempfile
import time
from collections.abc import Iterator
from typing import Any, BinaryIO, cast
from urllib.parse import parse_qs, quote, urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from .content import Put, check_key, digest, spool
from .errors import NotStored, StoreFull

__all__ = ["BucketStore"]

_SPOOL = 8 * 1024 * 1024  # kept in memory until here, then on disk
_ABSENT = {"404", "NoSuchKey", "NotFound"}
_FULL = {"QuotaExceeded", "XMinioStorageFull", "InsufficientStorage", "507"}


class BucketStore:
    """A `Store` in a bucket, under a prefix. Uploads are atomic there, so a put is one request."""

    def __init__(self, client: Any, bucket: str, prefix: str = "") -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix.strip("/") + "/" if prefix.strip("/") else ""

    @classmethod
    def from_url(cls, url: str) -> BucketStore:
        """Build from ``s3://bucket/prefix?endpoint=…&region=…``."""
        parts = urlsplit(url)
        options = parse_qs(parts.query)
        config = Config(
            connect_timeout=5,
            read_timeout=60,
            retries={"max_attempts": 3, "mode": "standard"},
            s3={"addressing_style": "path"},
            # Stores other than Amazon's refuse the newer trailing checksums.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        client = boto3.client(
            "s3",
            endpoint_url=options.get("endpoint", [None])[0],
            region_name=options.get("region", ["us-east-1"])[0],
            config=config,
        )
        return cls(client, parts.netloc, parts.path)

    def _where(self, key: str) -> dict[str, str]:
        check_key(key)
        return {"Bucket": self._bucket, "Key": f"{self._prefix}{key[:2]}/{key[2:4]}/{key}"}

    def put(self, stream: BinaryIO, *, sha256: str = "", limit: int = 0) -> Put:
        with tempfile.SpooledTemporaryFile(_SPOOL) as out:
            found, size = spool(stream, cast(BinaryIO, out), sha256, limit)
            new = not self.exists(found)
            out.seek(0)
            # Written again even when it is there: the new date tells the clean-up that it is wanted.
            self._send(found, out)
        return Put(found, size, new)

    def put_variant(self, key: str, data: bytes) -> None:
        self._send(key, io.BytesIO(data))

    def _send(self, key: str, body: Any) -> None:
        try:
            self._client.put_object(**self._where(key), Body=body)
        except ClientError as error:
            if error.response["Error"].get("Code") in _FULL:
                raise StoreFull from None
            raise

    def open(self, key: str, start: int = 0) -> BinaryIO:
        ranged = {"Range": f"bytes={start}-"} if start else {}
        try:
            return self._client.get_object(**self._where(key), **ranged)["Body"]
        except ClientError as error:
            self._absent(error)
            raise

    def size(self, key: str) -> int:
        try:
            return self._client.head_object(**self._where(key))["ContentLength"]
        except ClientError as error:
            self._absent(error)
            raise

    def exists(self, key: str) -> bool:
        try:
            self.size(key)
        except NotStored:
            return False
        return True

    def url(self, key: str, *, name: str, mime: str, seconds: int = 300) -> str | None:
        answer = {
            "ResponseContentType": mime,
            "ResponseContentDisposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        }
        return self._client.generate_presigned_url("get_object", Params=self._where(key) | answer, ExpiresIn=seconds)

    def delete(self, key: str) -> None:
        where = self._where(key)
        if "." in key:
            self._client.delete_object(**where)
            return
        for name in [item["Key"] for item in self._list(where["Key"])]:
            self._client.delete_object(Bucket=self._bucket, Key=name)

    def verify(self, key: str) -> bool:
        stream = self.open(key)
        try:
            return digest(stream) == key.partition(".")[0]
        finally:
            stream.close()

    def keys(self, older_than: float = 0) -> Iterator[str]:
        newest = time.time() - older_than
        for item in self._list(self._prefix):
            name = item["Key"].rpartition("/")[2]
            if len(name) == 64 and item["LastModified"].timestamp() <= newest:
                yield name

    def _list(self, prefix: str) -> Iterator[dict[str, Any]]:
        pages = self._client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self._bucket, Prefix=prefix):
            yield from page.get("Contents", ())

    @staticmethod
    def _absent(error: ClientError) -> None:
        if error.response["Error"].get("Code") in _ABSENT:
            raise NotStored from None
