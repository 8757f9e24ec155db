"""Keep bytes once, under their SHA-256: in a local folder or an S3-compatible bucket.

A *key* is the content's hash in lower-case hex, or that hash with a variant's name ("….small") for what is
derived from it (thumbnails). Content never changes under its key, so that whatever is read can be verified,
cached for ever, and written twice at the same time without harm.

One small interface, `Store`; `open_store(url)` gives the one a city uses:

* ``file:///var/lib/gezhi/documents`` or a plain path;
* ``s3://bucket/prefix?endpoint=https://minio.example:9000&region=…`` (needs the extra ``s3``; credentials
  come from the usual AWS environment variables).
"""

from __future__ import annotations

import errno
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import unquote, urlsplit

from .content import Put, check_key, digest, spool
from .errors import NotStored, StoreFull

__all__ = ["FolderStore", "Store", "open_store"]

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Store(Protocol):
    """Where content is kept. Every method raises ValueError for a malformed key."""

    def put(self, stream: BinaryIO, *, sha256: str = "", limit: int = 0) -> Put:
        """Keep a stream, read from where it stands, in chunks.

        Args:
            sha256: what the content must hash to, when the sender announced it. limit: most bytes, 0 for any.

        Raises:
            Empty, TooLarge, HashMismatch, StoreFull. Nothing is kept then.
        """
        ...

    def put_variant(self, key: str, data: bytes) -> None:
        """Keep something derived under "<sha256>.<variant>". Raises StoreFull."""
        ...

    def open(self, key: str, start: int = 0) -> BinaryIO:
        """A binary stream of the content from byte `start`; the caller closes it. Raises NotStored."""
        ...

    def size(self, key: str) -> int:
        """Bytes of the content. Raises NotStored."""
        ...

    def exists(self, key: str) -> bool:
        """Whether the content is here."""
        ...

    def url(self, key: str, *, name: str, mime: str, seconds: int = 300) -> str | None:
        """A link by which a browser may fetch the content for a short time; None: it must be streamed."""
        ...

    def delete(self, key: str) -> None:
        """Forget the content, and its variants with it; no error when it is not here."""
        ...

    def verify(self, key: str) -> bool:
        """Read all of the content again and say whether it still hashes to its key. Not for variants.

        Raises:
            NotStored.
        """
        ...

    def keys(self, older_than: float = 0) -> Iterator[str]:
        """Hashes kept (without variants), last put at least `older_than` seconds ago: for the clean-up."""
        ...


def open_store(url: str) -> Store:
    """The store of a URL or a path.

    Raises:
        ValueError: another scheme. ImportError: an s3:// URL without the extra "s3".
    """
    parts = urlsplit(url)
    if parts.scheme == "s3":
        from .store_s3 import BucketStore  # boto3 is optional and slow to import

        return BucketStore.from_url(url)
    if parts.scheme in ("", "file") and not parts.netloc:
        return FolderStore(Path(unquote(parts.path)))
    raise ValueError(f"unknown kind of document store: {parts.scheme}://")


class FolderStore:
    """A `Store` in a local folder: ``ab/cd/abcd…``, two levels so that no folder grows beyond the usable.

    A file is written beside its place, flushed to the disk and renamed, so that a crash leaves either
    the whole content or nothing. Leftovers of crashes in ``tmp`` are removed by `sweep`.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._tmp = root / "tmp"
        self._tmp.mkdir(parents=True, exist_ok=True)

    def _path(self, key: str) -> Path:
        check_key(key)
        return self.root / key[:2] / key[2:4] / key

    def put(self, stream: BinaryIO, *, sha256: str = "", limit: int = 0) -> Put:
        with self._writing() as (out, place):
            found, size = spool(stream, out, sha256, limit)
            path = self._path(found)
            if path.exists() and path.stat().st_size == size:
                os.utime(path)  # tells the clean-up that somebody wants it again
                return Put(found, size, new=False)
            place(path)
        return Put(found, size, new=True)

    def put_variant(self, key: str, data: bytes) -> None:
        with self._writing() as (out, place):
            out.write(data)
            place(self._path(key))

    def _writing(self) -> _Writing:
        return _Writing(self._tmp)

    def open(self, key: str, start: int = 0) -> BinaryIO:
        try:
            stream = self._path(key).open("rb")
        except FileNotFoundError:
            raise NotStored from None
        stream.seek(start)
        return stream

    def size(self, key: str) -> int:
        try:
            return self._path(key).stat().st_size
        except FileNotFoundError:
            raise NotStored from None

    def exists(self, key: str) -> bool:
        return self._path(key).is_file()

    def url(self, key: str, *, name: str, mime: str, seconds: int = 300) -> str | None:
        check_key(key)
        return None

    def delete(self, key: str) -> None:
        path = self._path(key)
        path.unlink(missing_ok=True)
        if "." not in key:
            for variant in path.parent.glob(f"{key}.*"):
                variant.unlink(missing_ok=True)

    def verify(self, key: str) -> bool:
        with self.open(key) as stream:
            return digest(stream) == key.partition(".")[0]

    def keys(self, older_than: float = 0) -> Iterator[str]:
        newest = time.time() - older_than
        for path in self.root.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/*"):
            if len(path.name) == 64 and path.stat().st_mtime <= newest:
                yield path.name

    def sweep(self, older_than: float = 86400) -> int:
        """Remove what crashed uploads left in ``tmp`` and return how many files that were."""
        newest, count = time.time() - older_than, 0
        for path in self._tmp.iterdir():
            if path.stat().st_mtime <= newest:
                path.unlink(missing_ok=True)
                count += 1
        return count


class _Writing:
    """A temporary file that is moved to its place whole, or removed. Gives (stream, place)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self):
        try:
            handle, name = tempfile.mkstemp(dir=self._folder)
        except OSError as error:
            _full(error)
        self._path, self._out = Path(name), os.fdopen(handle, "wb")
        return self._out, self._place

    def _place(self, path: Path) -> None:
        self._out.flush()
        os.fsync(self._out.fileno())
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path.chmod(0o640)
        self._path.replace(path)
        for folder in (path.parent, path.parent.parent, path.parent.parent.parent):
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)  # or a power cut could forget the new name
            finally:
                os.close(handle)

    def __exit__(self, kind, error, trace) -> None:
        try:
            self._out.close()
        except OSError as late:  # the last buffered bytes did not fit
            error = error or late
        finally:
            self._path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            _full(error)


def _full(error: OSError) -> None:
    if error.errno in _FULL:
        raise StoreFull from None
    raise error
