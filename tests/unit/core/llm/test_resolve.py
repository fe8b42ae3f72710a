import pytest

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.llm.config import ServedModel
from kubelore.llm.resolve import resolve_served
from kubelore.resources.llm_server import Task
from support.builders import llm_server

READY = {
    "endpoint": "http://writer:8000/v1",
    "conditions": [
        {"type": "Ready", "status": "True", "reason": "Ready", "lastTransitionTime": "2026-01-01T00:00:00Z"}
    ],
}
CHAT = {"engine": "ollama", "serves": ["chat"], "model": {"name": "qwen3:4b"}}


def test_a_ready_server_is_asked_for_its_model_at_its_endpoint() -> None:
    config = resolve_served(llm_server("writer", status=READY, **CHAT), Task.CHAT)
    assert config == ServedModel(server="LLMServer team-a/writer", model="qwen3:4b", base_url="http://writer:8000/v1")


def test_a_server_that_serves_no_chat_is_refused() -> None:
    with pytest.raises(KubeloreError, match=r"spec\.serves does not hold chat") as caught:
        resolve_served(llm_server("embedder", status=READY), Task.CHAT)
    assert caught.value.code is ErrorCode.RESOURCE_INVALID


@pytest.mark.parametrize("status", [{}, {"endpoint": "http://writer:8000/v1"}, {"conditions": READY["conditions"]}])
def test_a_server_that_is_not_ready_is_waited_for(status: dict[str, object]) -> None:
    with pytest.raises(KubeloreError) as caught:
        resolve_served(llm_server("writer", status=status, **CHAT), Task.CHAT)
    assert caught.value.code is ErrorCode.RESOURCE_NOT_READY
