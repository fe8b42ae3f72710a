from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.objectstore.factory import make_object_store
from kubelore.settings import Settings
from kubelore_ingest.model_fetch.completion import CompleteModel
from kubelore_ingest.model_fetch.fetch import fetch_model
from kubelore_ingest.model_fetch.origins.hugging_face import Hub
from kubelore_ingest.model_fetch.resolve import Access
from support.minio import SECRET_KEY, MinioServer
from support.model_fetch import QUICK, SEGMENT_BYTES, order
from support.model_server import random_bytes

CONTENT = random_bytes(3 * SEGMENT_BYTES + 5)


@pytest.fixture
def bucket(minio: MinioServer) -> str:
    """A bucket of models that is not the installation's own."""
    name = f"models-{uuid4().hex}"
    store = make_object_store(minio.settings(name))
    store.ensure()
    store.put("models/tiny model+é.gguf", CONTENT)
    store.put("models/bert/config.json", b"{}")
    store.put("models/bert/onnx/model.onnx", CONTENT[::-1])
    return name


def fetch(minio: MinioServer, target: Path, bucket: str, key: str, **changes: object) -> CompleteModel:
    settings = minio.settings("installation").model_copy(update=changes)
    return fetch_model(order(target, s3={"bucket": bucket, "key": key}), Access(settings, Hub()), QUICK)


def test_an_object_is_fetched(minio: MinioServer, bucket: str, tmp_path: Path) -> None:
    model = fetch(minio, tmp_path / "m", bucket, "models/tiny model+é.gguf")

    assert model.path == "tiny model+é.gguf"
    assert (tmp_path / "m" / "model.gguf").read_bytes() == CONTENT


def test_the_objects_under_a_prefix_are_fetched_by_their_names_behind_it(
    minio: MinioServer, bucket: str, tmp_path: Path
) -> None:
    model = fetch(minio, tmp_path / "m", bucket, "models/bert/")

    assert {file.path for file in model.files} == {"config.json", "onnx/model.onnx"}
    assert (tmp_path / "m" / "onnx" / "model.onnx").read_bytes() == CONTENT[::-1]


@pytest.mark.parametrize("key", ["models/none.gguf", "none/"])
def test_what_is_not_there_is_told(minio: MinioServer, bucket: str, tmp_path: Path, key: str) -> None:
    with pytest.raises(KubeloreError) as error:
        fetch(minio, tmp_path / "m", bucket, key)

    assert error.value.code is ErrorCode.MODEL_SOURCE_NOT_FOUND


def test_wrong_keys_are_refused_without_showing_them(minio: MinioServer, bucket: str, tmp_path: Path) -> None:
    with pytest.raises(KubeloreError) as error:
        fetch(minio, tmp_path / "m", bucket, "models/bert/config.json", s3_secret_key=SecretStr("wrong-secret"))

    assert error.value.code is ErrorCode.MODEL_FORBIDDEN
    assert "wrong-secret" not in error.value.message
    assert "X-Amz" not in error.value.message
    assert SECRET_KEY not in error.value.message


def test_an_object_store_that_is_a_folder_holds_no_bucket(tmp_path: Path) -> None:
    wanted = order(tmp_path / "m", s3={"bucket": "models", "key": "a"})

    with pytest.raises(KubeloreError) as error:
        fetch_model(wanted, Access(Settings(object_store=tmp_path.as_uri()), Hub()), QUICK)

    assert error.value.code is ErrorCode.SETTINGS_INVALID
