from pathlib import Path

import pytest

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.objectstore.factory import make_object_store
from kubelore.objectstore.folder import FolderStore
from kubelore.objectstore.s3 import S3Address, S3Store
from kubelore.settings import Settings


def test_a_laptop_keeps_objects_in_its_state_folder(tmp_path: Path) -> None:
    store = make_object_store(Settings(state_dir=tmp_path / "a folder"))

    assert isinstance(store, FolderStore)
    store.put("key", b"x")
    assert (tmp_path / "a folder" / "objects" / "key").read_bytes() == b"x"


def test_an_address_with_a_bucket_is_an_s3() -> None:
    assert isinstance(make_object_store(Settings(object_store="https://s3.example.com/bucket")), S3Store)


def test_an_address_is_read_in_its_parts() -> None:
    assert S3Address.parse("http://minio:9000/docs/") == S3Address("minio:9000", "docs", is_secure=False)


@pytest.mark.parametrize(
    "url", ["http://minio:9000", "http://minio:9000/", "http://minio/a/b", "ftp://x/y", "minio/docs", "http://u:p@h/b"]
)
def test_an_address_of_another_form_is_a_wrong_setting(url: str) -> None:
    with pytest.raises(KubeloreError) as caught:
        make_object_store(Settings(object_store=url))

    assert caught.value.code is ErrorCode.SETTINGS_INVALID
    assert "KUBELORE_OBJECT_STORE" in caught.value.message
