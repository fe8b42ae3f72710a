"""Objects in a bucket of any S3, through the minio SDK."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import BinaryIO
from urllib.parse import urlsplit

import urllib3
from minio import Minio
from minio.commonconfig import CopySource
from minio.deleteobjects import DeleteObject
from minio.error import InvalidResponseError, S3Error, ServerError

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.objectstore.interface import ObjectInfo
from kubelore.objectstore.keys import check_key

_SECONDS_TO_CONNECT = 5.0
_SECONDS_TO_ANSWER = 60.0
_CONNECTIONS = 16

_NOT_FOUND = frozenset({"NoSuchKey", "NoSuchObject", "NoSuchVersion"})
_BUCKET_IS_THERE = frozenset({"BucketAlreadyOwnedByYou", "BucketAlreadyExists"})
_PASSING = frozenset(
    {
        "InternalError",
        "OperationAborted",
        "RequestTimeout",
        "ServiceUnavailable",
        "SlowDown",
        "SlowDownRead",
        "SlowDownWrite",
        "ServerNotInitialized",
        "XMinioServerNotInitialized",
        "RequestTimeTooSkewed",
    }
)
_FIRST_SERVER_ERROR = 500


@dataclass(frozen=True, slots=True)
class S3Address:
    """Where a bucket is: `https://host[:port]/bucket`."""

    host: str
    bucket: str
    is_secure: bool

    @classmethod
    def parse(cls, url: str) -> "S3Address":
        """Read an address; raises SETTINGS_INVALID for another form."""
        parts = urlsplit(url)
        bucket = parts.path.strip("/")
        if parts.scheme not in {"http", "https"} or not parts.netloc or not bucket or "/" in bucket or "@" in url:
            raise KubeloreError(
                ErrorCode.SETTINGS_INVALID, "KUBELORE_OBJECT_STORE", "it has the form http(s)://host[:port]/bucket"
            )
        return cls(parts.netloc, bucket, parts.scheme == "https")


class S3Store:
    """An object store in one bucket."""

    def __init__(self, address: S3Address, access_key: str, secret_key: str, region: str) -> None:
        self._address = address
        self._bucket = address.bucket
        self._client = Minio(
            address.host,
            access_key=access_key or None,
            secret_key=secret_key or None,
            secure=address.is_secure,
            region=region,
            http_client=_http_client(),
        )

    def ensure(self) -> None:
        """Create the bucket where it is missing."""
        with self._failures(""):
            if self._client.bucket_exists(self._bucket):
                return
            try:
                self._client.make_bucket(self._bucket)
            except S3Error as error:
                if error.code not in _BUCKET_IS_THERE:
                    raise

    def put(self, key: str, data: bytes, content_type: str = "application/octet-stream") -> None:
        """Write an object whole."""
        self.put_stream(key, BytesIO(data), len(data), content_type)

    def put_stream(self, key: str, stream: BinaryIO, size: int, content_type: str = "application/octet-stream") -> None:
        """Write an object of `size` bytes, a large one in parts."""
        with self._failures(key):
            self._client.put_object(self._bucket, check_key(key), stream, size, content_type=content_type)

    def get(self, key: str) -> bytes:
        """Read an object whole."""
        return b"".join(self.open(key))

    def open(self, key: str, part_bytes: int = 1 << 20) -> Iterator[bytes]:
        """Read an object in parts."""
        with self._failures(key):
            response = self._client.get_object(self._bucket, check_key(key))
            try:
                yield from response.stream(part_bytes)
            finally:
                response.close()
                response.release_conn()

    def stat(self, key: str) -> ObjectInfo | None:
        """Describe an object."""
        try:
            with self._failures(key):
                found = self._client.stat_object(self._bucket, check_key(key))
        except KubeloreError as error:
            if error.code is ErrorCode.OBJECT_NOT_FOUND:
                return None
            raise
        return ObjectInfo(key, found.size or 0, found.etag or "", found.last_modified or datetime.now(UTC))

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """List objects in the order of their keys, a page at a time."""
        with self._failures(prefix):
            for found in self._client.list_objects(self._bucket, prefix=prefix, recursive=True):
                modified = found.last_modified or datetime.now(UTC)
                yield ObjectInfo(found.object_name, found.size or 0, found.etag or "", modified)

    def copy(self, source: str, target: str) -> None:
        """Copy an object inside the bucket."""
        with self._failures(source):
            self._client.copy_object(self._bucket, check_key(target), CopySource(self._bucket, check_key(source)))

    def delete(self, keys: Iterable[str]) -> None:
        """Delete objects, a thousand in a request."""
        with self._failures(""):
            for error in self._client.remove_objects(self._bucket, (DeleteObject(check_key(key)) for key in keys)):
                if error.code not in _NOT_FOUND:
                    raise self._error(_code_of(error.code), error.name or "", error.code)

    def presigned_url(self, key: str, valid: timedelta) -> str:
        """Return an address that anyone may read the object at, for at most seven days; nothing is asked of the store.

        Without an access key it is the object's plain address.
        """
        with self._failures(key):
            return str(self._client.presigned_get_object(self._bucket, check_key(key), expires=valid))

    @contextmanager
    def _failures(self, key: str) -> Iterator[None]:
        try:
            yield
        except S3Error as error:
            code = error.code or ""
            raise self._error(_code_of(code, error.response.status), key, code) from error
        except ServerError as error:
            raise self._error(ErrorCode.OBJECT_STORE_UNREACHABLE, key, f"HTTP {error.status_code}") from error
        except InvalidResponseError as error:
            raise self._error(ErrorCode.OBJECT_STORE_REFUSED, key, "its answer is not S3's") from error
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise self._error(ErrorCode.OBJECT_STORE_UNREACHABLE, key, type(error).__name__) from error
        except ValueError as error:
            raise self._error(ErrorCode.OBJECT_STORE_REFUSED, key, str(error)) from error

    def _error(self, code: ErrorCode, key: str, detail: str) -> KubeloreError:
        place = f"bucket {self._bucket!r} at {self._address.host}"
        return KubeloreError(code, f"object {key[:200]!r} in {place}" if key else place, detail)


def _http_client() -> urllib3.PoolManager:
    """Retries are the callers', who know how long they can wait."""
    return urllib3.PoolManager(
        maxsize=_CONNECTIONS,
        timeout=urllib3.Timeout(connect=_SECONDS_TO_CONNECT, read=_SECONDS_TO_ANSWER),
        retries=False,
        cert_reqs="CERT_REQUIRED",
    )


def _code_of(s3_code: str, status: int = 0) -> ErrorCode:
    if s3_code in _NOT_FOUND:
        return ErrorCode.OBJECT_NOT_FOUND
    if s3_code in _PASSING or status >= _FIRST_SERVER_ERROR:
        return ErrorCode.OBJECT_STORE_UNREACHABLE
    return ErrorCode.OBJECT_STORE_REFUSED
