"""A namespace that an operator looks after, with a stand-in for the Job controller."""

from typing import Any

from support.cluster_api import Body, NamespaceApi
from support.fake_job_controller import FakeJobController
from support.operator_world import message
from support.resources import NamespaceResources

PREPARED = message(collection="kb_handbook", dimension=384, abilities=("bm25",))


class OperatedNamespace(NamespaceResources):
    """A namespace with knowledge bases, tasks and model servers in it."""

    def __init__(self, api: NamespaceApi, jobs: FakeJobController) -> None:
        super().__init__(api)
        self.jobs = jobs

    def create_knowledge_base(self, name: str = "handbook", **spec: Any) -> Body:
        """Create a knowledge base that embeds in process."""
        return self.create("KnowledgeBase", name, {"embedding": {"builtin": "all-MiniLM-L6-v2"}, **spec})

    def create_task(self, name: str = "pages", **spec: Any) -> Body:
        """Create a task that brings one object into the knowledge base `handbook`."""
        defaults = {"knowledgeBaseRef": {"name": "handbook"}, "source": {"object": {"key": "pages/first.md"}}}
        return self.create("IngestTask", name, defaults | spec)

    def create_model_server(self, name: str = "embedder", **spec: Any) -> Body:
        """Create a model server of the engine `embedder`."""
        defaults = {"engine": "embedder", "serves": ["embedding"], "model": {"name": "all-MiniLM-L6-v2"}}
        return self.create("LLMServer", name, defaults | spec)

    def prepare(self, name: str = "handbook") -> None:
        """Carry out the Job that a new knowledge base waits for."""
        self.jobs.carry_out(self.jobs.wait_for_job("prepare", name), PREPARED)
        self.wait_for_condition("KnowledgeBase", name, "Ready", "True")

    def create_ready_knowledge_base(self, name: str = "handbook", **spec: Any) -> None:
        """Create a knowledge base and have its collection made."""
        self.create_knowledge_base(name, **spec)
        self.prepare(name)

    def report_progress(self, task: str, shard: int = 0, **progress: Any) -> None:
        """Write what a worker writes into the status of its task."""
        self.api.patch("IngestTask", task, {"status": {"shards": {str(shard): progress}}}, "status")

    def delete_namespace(self) -> None:
        """Begin to delete the namespace; nothing new can be made in it from then on."""
        self.api.delete_namespace()
