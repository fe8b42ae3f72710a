"""Resources may come in any order: each waits for what it needs, and says on what."""

from uuid import uuid4

import pytest

from support.cluster_api import Body
from support.contents import assert_exact
from support.installation import NAMESPACE, SECONDS_TO_CLEAN_UP, SECONDS_TO_PREPARE, Installation

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]


def knowledge_base_on(server: str) -> Body:
    return {"embedding": {"llmServerRef": {"name": server}}, "deletionPolicy": "Delete"}


def test_a_task_waits_for_its_knowledge_base_and_that_for_its_server(installation: Installation, embedder: str) -> None:
    resources, suffix = installation.resources, uuid4().hex[:8]
    kb, server = f"kb-{suffix}", f"server-{suffix}"
    endpoint = resources.status("LLMServer", embedder)["endpoint"]
    external = {"engine": "external", "external": {"baseURL": endpoint}}
    source = {"inline": {"filename": "note.md", "text": "# Note\n\nFirst things last."}}

    with installation.task(kb, source) as task:
        name = task["metadata"]["name"]
        waiting = resources.wait_for_condition("IngestTask", name, "Succeeded", "Unknown", "KnowledgeBaseNotFound")
        assert f"KnowledgeBase {NAMESPACE}/{kb} does not exist yet" in waiting["message"]
        try:
            resources.create("KnowledgeBase", kb, knowledge_base_on(server))
            not_ready = resources.wait_for_condition("KnowledgeBase", kb, "Ready", "False", "LLMServerNotFound")
            assert server in not_ready["message"]
            waiting = resources.wait_for_condition("IngestTask", name, "Succeeded", "Unknown", "KnowledgeBaseNotReady")
            assert f"KnowledgeBase {NAMESPACE}/{kb} is not ready yet" in waiting["message"]
            assert installation.jobs(task) == []

            with installation.model_server(server, **external):
                resources.wait_for_condition("KnowledgeBase", kb, "Ready", "True", seconds=SECONDS_TO_PREPARE)
                installation.completed(task)
                assert_exact(installation.contents(kb), task["metadata"]["uid"], documents=1)
        finally:
            installation.delete("KnowledgeBase", kb)
            resources.wait_until_gone("KnowledgeBase", kb, SECONDS_TO_CLEAN_UP)
