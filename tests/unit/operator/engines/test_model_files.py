import json
from typing import Any

import pytest

from kubelore.errors import KubeloreError
from kubelore.jobs.model_fetch import ModelOrder
from kubelore.resources.llm_server import LLMServer
from kubelore_operator.engines.model_files import ModelFiles, model_files
from kubelore_operator.workload import ClaimVolume, Container, ImageVolume, ModelCache
from support.builders import llm_server
from support.operator_plans import SETTINGS

S3 = {"s3": {"bucket": "models", "key": "tiny.gguf"}}
HUB = {"huggingFace": {"repo": "qwen/qwen3"}}
CHECKSUM = "0" * 64


def resource(source: dict[str, Any], sha256: str | None = None, **spec: Any) -> LLMServer:
    model = {"name": "tiny", "source": source, "sha256": sha256}
    return llm_server("tiny", engine="llamacpp", serves=["chat"], model=model, **spec)


def files(source: dict[str, Any], sha256: str | None = None, **spec: Any) -> ModelFiles:
    return model_files(resource(source, sha256, **spec), SETTINGS)


def fetching(source: dict[str, Any], sha256: str | None = None, **spec: Any) -> Container:
    found = files(source, sha256, **spec).fetching
    assert found is not None
    return found


def order(source: dict[str, Any], sha256: str | None = None) -> ModelOrder:
    env = {entry.name: entry.value for entry in fetching(source, sha256).env}
    return ModelOrder.model_validate_json(env["KUBELORE_MODEL"])


def hub(**more: Any) -> dict[str, Any]:
    return {"huggingFace": {**HUB["huggingFace"], **more}}


@pytest.mark.parametrize(
    "source",
    [S3, hub(filename="tiny.gguf"), {"http": {"url": "https://models.example/tiny.gguf"}}],
)
def test_a_model_of_one_file_lies_under_a_name_that_is_known_before(source: dict[str, Any]) -> None:
    found = files(source)

    assert found.path == found.gguf == f"{order(source).target}/model.gguf"


@pytest.mark.parametrize("source", [{"s3": {"bucket": "models", "key": "qwen3/"}}, HUB, hub(filename="*.safetensors")])
def test_a_model_of_several_files_is_a_folder(source: dict[str, Any]) -> None:
    assert files(source).path == order(source).target


def test_the_job_image_fetches_it_into_the_cache() -> None:
    found = files(S3, CHECKSUM, cache={"size": "5Gi", "accessMode": "ReadWriteMany"})

    assert fetching(S3).image == "registry.example/job:1"
    assert fetching(S3).command == ("kubelore-model-fetch",)
    assert order(S3, CHECKSUM).sha256 == CHECKSUM
    assert found.volume == ClaimVolume("models", "tiny")
    assert found.cache == ModelCache("5Gi", None, "ReadWriteMany")
    assert not found.mount.read_only


def test_the_order_holds_the_source_as_its_manifest_does() -> None:
    env = {entry.name: entry.value for entry in fetching(hub(filename="tiny.gguf")).env}

    assert json.loads(env["KUBELORE_MODEL"])["source"] == hub(filename="tiny.gguf", revision="main")


def test_another_model_gets_a_folder_of_its_own() -> None:
    sources = (S3, {"s3": {"bucket": "models", "key": "other.gguf"}}, HUB, hub(revision="v2"))
    targets = {order(source).target for source in sources} | {order(S3, CHECKSUM).target}

    assert len(targets) == 5


def test_other_credentials_fetch_nothing_again() -> None:
    assert order(hub(tokenSecretRef={"name": "hub", "key": "token"})).target == order(HUB).target
    assert order({"s3": {**S3["s3"], "secretRef": {"name": "bucket"}}}).target == order(S3).target


def test_the_hubs_token_comes_from_its_secret() -> None:
    (token,) = (
        entry for entry in fetching(hub(tokenSecretRef={"name": "hub", "key": "token"})).env if entry.name == "HF_TOKEN"
    )

    assert token.secret is not None
    assert (token.secret.name, token.secret.key) == ("hub", "token")


def test_a_bucket_is_opened_with_its_own_secret_or_the_installations() -> None:
    assert fetching({"s3": {**S3["s3"], "secretRef": {"name": "bucket"}}}).env_from == ("bucket",)
    assert fetching(S3).env_from == ("kubelore-storage",)
    assert fetching(HUB).env_from == ()


def test_the_resources_variables_reach_the_fetch() -> None:
    env = fetching(HUB, env=[{"name": "HTTPS_PROXY", "value": "http://proxy.example"}]).env

    assert {entry.name: entry.value for entry in env}["HTTPS_PROXY"] == "http://proxy.example"


def test_fetching_takes_no_device() -> None:
    assert fetching(S3, accelerator={"count": 2}).resources.limits == {}


@pytest.mark.parametrize("path", ["qwen/model.gguf", "/qwen/model.gguf"])
def test_a_model_on_a_volume_is_read_where_it_is(path: str) -> None:
    found = files({"pvc": {"claimName": "kept", "path": path}})

    assert found.path == found.gguf == "/models/qwen/model.gguf"
    assert found.volume == ClaimVolume("models", "kept")
    assert found.mount.read_only
    assert (found.fetching, found.cache) == (None, None)


def test_a_model_in_an_image_is_read_from_its_root() -> None:
    found = files({"image": {"reference": "registry.example/tiny:1"}})

    assert (found.path, found.gguf) == ("/models", "/models/model.gguf")
    assert found.volume == ImageVolume("models", "registry.example/tiny:1")
    assert found.mount.read_only
    assert (found.fetching, found.cache) == (None, None)


def test_a_model_from_nowhere_is_refused() -> None:
    with pytest.raises(KubeloreError, match="source is missing"):
        model_files(llm_server(), SETTINGS)
