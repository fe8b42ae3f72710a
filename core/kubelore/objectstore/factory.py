"""Makes the object store that the settings name."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.objectstore.folder import FolderStore
from kubelore.objectstore.interface import ObjectStore
from kubelore.settings import Settings


def make_object_store(settings: Settings) -> ObjectStore:
    """Return the store behind `KUBELORE_OBJECT_STORE`: a folder for a `file:` address, else an S3 bucket.

    Raises KubeloreError SETTINGS_INVALID for an address of another form.
    """
    url = urlsplit(settings.object_store_url)
    if url.scheme == "file":
        return FolderStore(Path(unquote(url.path)))
    from kubelore.objectstore.s3 import S3Address, S3Store  # noqa: PLC0415 - the minio SDK, which a folder never needs

    return S3Store(
        S3Address.parse(settings.object_store_url),
        settings.s3_access_key.get_secret_value(),
        settings.s3_secret_key.get_secret_value(),
        settings.s3_region,
    )


def make_bucket_store(settings: Settings, bucket: str) -> ObjectStore:
    """Return another bucket of the store that the settings name, read with the same credentials.

    Raises KubeloreError SETTINGS_INVALID where the store is a folder.
    """
    url = urlsplit(settings.object_store_url)
    if url.scheme == "file":
        raise KubeloreError(
            ErrorCode.SETTINGS_INVALID, "spec.sync.bucket", "the object store is a folder, which holds no buckets"
        )
    address = url._replace(path=f"/{bucket}").geturl()
    return make_object_store(settings.model_copy(update={"object_store": address}))
