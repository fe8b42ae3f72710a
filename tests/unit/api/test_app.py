from pathlib import Path

from kubelore.resources.folder import FolderResourceStore
from kubelore.settings import Settings
from kubelore_api.app import create_app


def test_every_route_is_described(tmp_path: Path) -> None:
    (tmp_path / "manifests").mkdir()
    resources = FolderResourceStore(tmp_path / "manifests", tmp_path / "state.db", "default")
    description = create_app(Settings(), resources).openapi()
    assert set(description["paths"]) == {
        "/healthz",
        "/readyz",
        "/metrics",
        "/v1/models",
        "/v1/models/{name}",
        "/v1/files",
        "/v1/files/{file_id}",
        "/v1/files/{file_id}/content",
        "/v1/uploads",
        "/v1/uploads/{upload_id}",
        "/v1/uploads/{upload_id}/parts",
        "/v1/uploads/{upload_id}/complete",
        "/v1/uploads/{upload_id}/cancel",
        "/task-status/{task_id}",
        "/task-status/{task_id}/events",
        "/api/v1/knowledge/add-document",
        "/v1/vector_stores",
        "/v1/vector_stores/{name}",
        "/v1/vector_stores/{name}/search",
        "/v1/vector_stores/{name}/files",
        "/v1/vector_stores/{name}/files/{file_id}",
        "/v1/vector_stores/{name}/files/{file_id}/content",
        "/v1/vector_stores/{name}/file_batches",
        "/v1/vector_stores/{name}/file_batches/{batch_id}",
        "/v1/vector_stores/{name}/file_batches/{batch_id}/files",
        "/v1/vector_stores/{name}/file_batches/{batch_id}/cancel",
        "/v1/chat/completions",
        "/v1/embeddings",
        "/v1/responses",
        "/v1/responses/{response_id}",
        "/chat",
        "/v1/assistants",
        "/v1/assistants/{name}",
        "/v1/sessions",
        "/v1/sessions/{session_id}",
        "/v1/sessions/{session_id}/turns",
        "/v1/sessions/{session_id}/turns/{turn_id}/feedback",
        "/v1/personal_data/me",
        "/v1/personal_data/tenant",
        "/v1/personal_data/users/{subject}",
        "/v1/usage",
        "/v1/api_keys",
        "/v1/api_keys/{key_id}",
    }
