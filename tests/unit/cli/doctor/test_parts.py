import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from aiohttp import web

from kubelore.resources.manifests import Manifests
from kubelore.settings import Settings
from kubelore_cli.doctor.check import Check, Health
from kubelore_cli.doctor.manifests import check_manifests, check_server
from kubelore_cli.doctor.model import check_model
from kubelore_cli.doctor.stores import check_object_store, check_vector_store
from support.builders import llm_server
from support.fake_gateway import serving

NOTHING = Manifests({}, {}, {}, ())


async def in_thread(check: Callable[[], Check]) -> Check:
    """Run a check as the command does, outside an event loop."""
    return await asyncio.to_thread(check)


def external(url: str) -> Callable[[Path], Check]:
    server = llm_server("qwen", engine="external", serves=["chat"], model={"name": "m"}, external={"baseURL": url})
    return lambda state: check_server(server, NOTHING, Settings(state_dir=state))


def test_the_model_is_verified_and_asked() -> None:
    check = check_model(Settings())

    assert check.health is Health.GOOD
    assert check.found == "all-MiniLM-L6-v2, 384 dimensions, checksums hold"


def test_a_missing_model_says_what_to_do(tmp_path: Path) -> None:
    check = check_model(Settings(model_dir=tmp_path / "nowhere"))

    assert check.health is Health.BAD
    assert "nowhere" in check.found
    assert "KUBELORE_MODEL_DIR" in check.to_do


def test_a_damaged_model_is_found_by_its_checksum(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"damaged")
    (tmp_path / "SHA256SUMS").write_text(f"{'0' * 64}  model.safetensors\n")

    check = check_model(Settings(model_dir=tmp_path))

    assert check.health is Health.BAD
    assert "checksum" in check.found


def test_the_object_store_is_used_and_left_as_it_was(tmp_path: Path) -> None:
    check = check_object_store(Settings(state_dir=tmp_path))

    assert check.health is Health.GOOD
    assert [path for path in (tmp_path / "objects").rglob("*") if path.is_file()] == []


def test_an_object_store_that_can_not_be_written_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    check = check_object_store(Settings(object_store=(tmp_path / "file").as_uri()))

    assert check.health is Health.BAD
    assert check.to_do != ""


def test_an_s3_that_is_away_is_wrong() -> None:
    settings = Settings.model_validate(
        {"object_store": "http://127.0.0.1:1/bucket", "s3_access_key": "key", "s3_secret_key": "secret"}
    )

    check = check_object_store(settings)

    assert check.health is Health.BAD
    assert "127.0.0.1:1" in check.found


def test_milvus_lite_is_started_for_real(tmp_path: Path) -> None:
    check = check_vector_store(Settings(state_dir=tmp_path))

    assert check.health is Health.GOOD
    assert check.found.startswith("milvus-lite")
    assert "bm25" in check.found
    assert list(tmp_path.iterdir()) == []


async def test_an_endpoint_that_answers_is_good(tmp_path: Path) -> None:
    async def models(_request: web.Request) -> web.StreamResponse:
        return web.json_response({"data": []})

    async with serving({("GET", "/v1/models"): models}) as url:
        check = await in_thread(lambda: external(f"{url}v1")(tmp_path))

    assert check.health is Health.GOOD


async def test_an_endpoint_that_refuses_the_key_is_wrong(tmp_path: Path) -> None:
    async def models(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=401)

    async with serving({("GET", "/v1/models"): models}) as url:
        check = await in_thread(lambda: external(f"{url}v1")(tmp_path))

    assert check.health is Health.BAD
    assert "401 Unauthorized" in check.found
    assert "API key" in check.to_do


def test_an_endpoint_that_is_away_is_wrong(tmp_path: Path) -> None:
    check = external("http://127.0.0.1:1/v1")(tmp_path)

    assert check.health is Health.BAD
    assert "http://127.0.0.1:1/v1/models" in check.found


def test_an_engine_that_needs_a_cluster_is_wrong_here(tmp_path: Path) -> None:
    source = {"http": {"url": "https://example.com/model.gguf"}}
    server = llm_server("chat", engine="vllm", serves=["chat"], model={"name": "qwen3", "source": source})

    check = check_server(server, NOTHING, Settings(state_dir=tmp_path))

    assert check.health is Health.BAD
    assert "engine vllm does not run on a laptop" in check.found


async def test_an_ollama_that_runs_is_good_and_one_that_is_not_installed_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def version(_request: web.Request) -> web.StreamResponse:
        return web.json_response({"version": "0.17.4"})

    server = llm_server("chat", engine="ollama", serves=["chat"], model={"name": "qwen3"})
    look = lambda: check_server(server, NOTHING, Settings(state_dir=tmp_path))  # noqa: E731 - it is looked twice
    monkeypatch.setenv("PATH", str(tmp_path))
    async with serving({("GET", "/api/version"): version}) as url:
        monkeypatch.setenv("OLLAMA_HOST", url)
        there = await in_thread(look)
    gone = await in_thread(look)

    assert there.health is Health.GOOD
    assert gone.health is Health.BAD
    assert "no ollama in PATH" in gone.found


def test_wrong_manifests_are_told_by_file_and_field(tmp_path: Path) -> None:
    (tmp_path / "kb.yaml").write_text(
        "apiVersion: kubelore.io/v1alpha1\nkind: KnowledgeBase\nmetadata: {name: x}\nspec: {embedding: {}}\n"
    )

    (check,) = check_manifests(Settings(), tmp_path)

    assert check.health is Health.BAD
    assert "kb.yaml, document 1, spec.embedding" in check.found


def test_the_quickstart_is_well(tmp_path: Path) -> None:
    folder = Path(__file__).resolve().parents[4] / "examples" / "quickstart" / "manifests"

    checks = list(check_manifests(Settings(state_dir=tmp_path), folder))

    assert {check.health for check in checks} == {Health.GOOD}
    assert [check.part for check in checks] == ["manifests", "LLMServer embedder"]
