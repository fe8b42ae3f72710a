from pathlib import Path

from pydantic import SecretStr

from kubelore.resources.folder import FolderResourceStore
from kubelore.settings import Settings
from kubelore_api.app import create_app
from support.gateway import Gateway, serving
from support.http import get, post
from support.processes import free_port


def test_the_process_and_its_parts_are_well(gateway: Gateway) -> None:
    assert get(f"{gateway.url}/healthz").json == {"status": "ok"}
    reply = get(f"{gateway.url}/readyz")
    assert reply.status == 200
    assert reply.json["checks"] == {
        "resources": "ok",
        "object store": "ok",
        "vector store": "ok",
        "database": "ok",
    }


def test_the_part_that_is_away_is_named(tmp_path: Path) -> None:
    with serving(create_app(settings(tmp_path), empty_store(tmp_path))) as url:
        reply = get(f"{url}/readyz")
    assert reply.status == 503
    assert reply.json["checks"]["vector store"] != "ok"
    assert (reply.json["checks"]["resources"], reply.json["checks"]["object store"]) == ("ok", "ok")


def test_knowledge_bases_and_model_servers_are_the_models(gateway: Gateway) -> None:
    models = [model.id for model in gateway.openai().models.list()]
    assert {"handbook", "assisted", "writer", "vectors"} <= set(models)
    assert len(models) == len(set(models))
    assert gateway.openai().models.retrieve("handbook").owned_by == "kubelore"


def test_the_knowledge_bases_are_the_vector_stores(gateway: Gateway) -> None:
    stores = {store.id: store.status for store in gateway.openai().vector_stores.list()}
    assert stores["handbook"] == "completed"
    assert stores["unready"] == "in_progress"
    assert gateway.openai().vector_stores.retrieve("handbook").file_counts.completed == 3


def test_the_official_client_searches(gateway: Gateway) -> None:
    filters = {"type": "eq", "key": "author", "value": "Ann"}
    page = gateway.openai().vector_stores.search("handbook", query="opening hours", filters=filters)  # type: ignore[arg-type] # a plain dict
    assert [result.filename for result in page] == ["hours.md"]


def test_questions_are_measured_without_their_words(gateway: Gateway) -> None:
    post(f"{gateway.url}/chat", {"query": "a very particular question", "knowledge_base": "handbook"})
    metrics = get(f"{gateway.url}/metrics").body.decode()
    assert 'rag_requests_total{model="default/handbook",tenant="default"}' in metrics
    assert "vector_search_duration_seconds_count" in metrics
    assert 'http_requests_total{method="POST",route="/chat",status="200"}' in metrics
    assert "particular" not in metrics


def test_every_answer_carries_the_requests_id(gateway: Gateway) -> None:
    assert get(f"{gateway.url}/healthz", {"X-Request-ID": "abc-1"}).headers["x-request-id"] == "abc-1"
    made = get(f"{gateway.url}/healthz", {"X-Request-ID": "a b\tc"}).headers["x-request-id"]
    assert len(made) == 32


def test_without_the_key_nothing_but_health_answers(tmp_path: Path) -> None:
    keyed = settings(tmp_path).model_copy(update={"gateway_api_key": SecretStr("s3cret")})
    with serving(create_app(keyed, empty_store(tmp_path))) as url:
        assert get(f"{url}/healthz").status == 200
        refused = [
            get(f"{url}/v1/models"),
            get(f"{url}/v1/models", {"Authorization": "Bearer wrong"}),
            get(f"{url}/v1/vector_stores"),
            get(f"{url}/task-status/a.b.c.d"),
            post(f"{url}/chat", {"query": "x"}),
            post(f"{url}/v1/files", {}),
            post(f"{url}/v1/chat/completions", {}),
            post(f"{url}/v1/vector_stores/x/search", {}),
            get(f"{url}/v1/no/such/route"),
        ]
        assert {reply.status for reply in refused} == {401}
        assert {reply.json["error"]["code"] for reply in refused} == {"UNAUTHENTICATED"}
        assert get(f"{url}/v1/models", {"Authorization": "Bearer s3cret"}).status == 200


def settings(folder: Path) -> Settings:
    """A gateway whose vector store is away."""
    return Settings(resources=str(folder), state_dir=folder / "state", vector_store=f"http://127.0.0.1:{free_port()}")


def empty_store(folder: Path) -> FolderResourceStore:
    (folder / "manifests").mkdir()
    return FolderResourceStore(folder / "manifests", folder / "state.db", "default")
