"""A model in a bucket: one object, or those under a prefix that ends in a slash."""

from dataclasses import replace
from datetime import timedelta

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.objectstore.s3 import S3Address, S3Store
from kubelore.resources.llm_server import S3Source
from kubelore.settings import Settings
from kubelore_ingest.model_fetch.names import safe_path
from kubelore_ingest.model_fetch.remote import RemoteFile

_VALID = timedelta(days=7)
"""The longest that an S3 address can be signed for."""


def s3_files(source: S3Source, settings: Settings) -> tuple[RemoteFile, ...]:
    """Name the objects, each by its key behind the prefix, with addresses that are signed for reading.

    Raises KubeloreError OBJECT_STORE_UNREACHABLE or OBJECT_STORE_REFUSED, MODEL_SOURCE_NOT_FOUND for a prefix without
    objects, SETTINGS_INVALID where the object store is no S3.
    """
    store = _store(source.bucket, settings)
    if not source.key.endswith("/"):
        return (_file(store, source.key, source.key.rpartition("/")[2]),)
    keys = [info.key for info in store.list(source.key) if not info.key.endswith("/")]
    if not keys:
        subject = f"model prefix {source.key!r} in bucket {source.bucket!r}"
        raise KubeloreError(ErrorCode.MODEL_SOURCE_NOT_FOUND, subject, "no object is there")
    return tuple(_file(store, key, key.removeprefix(source.key)) for key in keys)


def _file(store: S3Store, key: str, name: str) -> RemoteFile:
    return RemoteFile(path=safe_path(name), url=store.presigned_url(key, _VALID))


def _store(bucket: str, settings: Settings) -> S3Store:
    return S3Store(
        replace(S3Address.parse(settings.object_store_url), bucket=bucket),
        settings.s3_access_key.get_secret_value(),
        settings.s3_secret_key.get_secret_value(),
        settings.s3_region,
    )
