"""Gathers what a decision is made from, out of the cache alone."""

import heapq
from collections import defaultdict
from collections.abc import Iterable
from typing import TypeVar

from pydantic import ValidationError

from kubelore.jobs.spec import JobOperation
from kubelore.resources.base import ObjectMeta, ResourceKey, Status
from kubelore.resources.generations import answering, beside
from kubelore.resources.ingest_task import IngestTask
from kubelore.resources.knowledge_base import DeletionPolicy, Embedding, KnowledgeBase
from kubelore.resources.llm_server import LLMServer
from kubelore_operator.cluster.bodies import Body, key_of, label_of
from kubelore_operator.cluster.cache import Cache
from kubelore_operator.cluster.claims import TurnTable
from kubelore_operator.cluster.views import JOB_NAME_LABEL, deployment_view, finished_at, job_view, pod_view
from kubelore_operator.kinds import RESOURCE_TYPES
from kubelore_operator.manifests.metadata import OPERATION_LABEL, UID_LABEL
from kubelore_operator.reconcile.observed import (
    Ended,
    IngestTaskWorld,
    Job,
    KnowledgeBaseWorld,
    LLMServerWorld,
    OwnResource,
    Pod,
    World,
)
from kubelore_operator.reconcile.set_aside import Unreadable

R = TypeVar("R", LLMServer, KnowledgeBase, IngestTask)

_TYPES = {type_.info.kind: type_ for type_ in RESOURCE_TYPES}
_POD = "Pod"
_JOB = "Job"
_ENDS_TO_READ = 5
"""Of the workers that ended last; the one that counted last is among them."""


class Observer:
    """Reads resources and their surroundings out of the cache."""

    def __init__(self, cache: Cache, most_ingest_pods: int = 0) -> None:
        """Read this cache; a namespace may run so many ingest pods at once, 0: as many as will."""
        self._cache = cache
        self._turns = TurnTable(cache, most_ingest_pods)

    def resource(self, key: ResourceKey) -> OwnResource | Unreadable | None:
        """Return the object, what is wrong with it, or None if it isn't there."""
        body = self._cache.get(key)
        return None if body is None else _read(key, body)

    def world(self, resource: OwnResource | Unreadable) -> World | None:
        """Return what a decision about the resource depends on; nothing, where it can't be read."""
        match resource:
            case LLMServer():
                return self._around_llm_server(resource)
            case KnowledgeBase():
                return self._around_knowledge_base(resource)
            case IngestTask():
                return self._around_ingest_task(resource)
        return None

    def _around_llm_server(self, server: LLMServer) -> LLMServerWorld:
        children = list(self._cache.children(server.metadata.uid))
        deployments = (deployment_view(child) for child in children if child["kind"] == "Deployment")
        return LLMServerWorld(
            deployment=next(deployments, None),
            pods=tuple(pod_view(child) for child in children if child["kind"] == _POD),
            children=tuple(key_of(child) for child in children if child["kind"] != _POD),
        )

    def _around_knowledge_base(self, kb: KnowledgeBase) -> KnowledgeBaseWorld:
        workers = list(self._cache.workers(kb.key))
        of_tasks = [body for body in workers if label_of(body, UID_LABEL) != kb.metadata.uid]
        is_changing = kb.is_being_deleted or kb.status.generation.next is not None
        return KnowledgeBaseWorld(
            llm_server=self._llm_server(kb, answering(kb).spec.embedding),
            llm_servers=self._llm_servers(kb),
            jobs=_jobs(self._cache.children(kb.metadata.uid)),
            cron_jobs=_cron_jobs(self._cache.children(kb.metadata.uid)),
            task_jobs=_jobs(of_tasks) if is_changing else (),
            writing_pods=_writing(workers) if kb.is_being_deleted else (),
            reports=_latest_ends(of_tasks),
        )

    def _around_ingest_task(self, task: IngestTask) -> IngestTaskWorld:
        kb = self._find(KnowledgeBase, task.metadata.namespace, task.spec.knowledge_base_ref.name)
        jobs = _jobs(self._cache.children(task.metadata.uid))
        return IngestTaskWorld(
            knowledge_base=answering(kb) if kb is not None else None,
            llm_server=self._llm_server(kb, answering(kb).spec.embedding) if kb is not None else None,
            llm_servers=self._llm_servers(kb) if kb is not None else (),
            plan_job=next((job for job in jobs if job.operation == JobOperation.PLAN), None),
            job=next((job for job in jobs if job.operation != JobOperation.PLAN), None),
            turn=self._turns.of(task) if not jobs and not task.status.phase.is_final else None,
        )

    def _llm_servers(self, kb: KnowledgeBase) -> tuple[LLMServer, ...]:
        embeddings = (kb.spec.embedding, *(generation.embedding for generation in beside(kb)))
        found = (self._llm_server(kb, embedding) for embedding in embeddings)
        return tuple({server.key: server for server in found if server is not None}.values())

    def _llm_server(self, kb: KnowledgeBase, embedding: Embedding) -> LLMServer | None:
        reference = embedding.llm_server_ref
        return self._find(LLMServer, kb.metadata.namespace, reference.name) if reference is not None else None

    def _find(self, type_: type[R], namespace: str, name: str) -> R | None:
        found = self.resource(ResourceKey(type_.info.kind, namespace, name))
        return found if isinstance(found, type_) else None


def _read(key: ResourceKey, body: Body) -> OwnResource | Unreadable:
    try:
        return _TYPES[key.kind].model_validate(body)
    except ValidationError as error:
        return _unreadable(key, body, error)


def _unreadable(key: ResourceKey, body: Body, error: ValidationError) -> Unreadable:
    first = error.errors(include_input=False, include_url=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    policy = (body.get("spec") or {}).get("deletionPolicy")
    return Unreadable(
        key=key,
        metadata=ObjectMeta.model_validate(body["metadata"]),
        status=Status.model_validate(body.get("status") or {}),
        why=f"{field}: {first['msg']}",
        may_own_data=policy == DeletionPolicy.DELETE,
    )


def _jobs(bodies: Iterable[Body]) -> tuple[Job, ...]:
    """Read the Jobs among the objects, each with those pods among them that are its own."""
    pods: defaultdict[str, list[Pod]] = defaultdict(list)
    jobs: list[Body] = []
    for body in bodies:
        if body["kind"] == _POD:
            pods[label_of(body, JOB_NAME_LABEL)].append(pod_view(body))
        elif body["kind"] == _JOB:
            jobs.append(body)
    return tuple(job_view(job, pods[job["metadata"]["name"]]) for job in jobs)


def _cron_jobs(bodies: Iterable[Body]) -> tuple[ResourceKey, ...]:
    """Return those that have not been told to go."""
    own = (body for body in bodies if body["kind"] == "CronJob")
    return tuple(key_of(body) for body in own if "deletionTimestamp" not in body["metadata"])


def _writing(bodies: Iterable[Body]) -> tuple[str, ...]:
    """Return the pods that may still write, also those whose Job has gone already."""
    pods = (body for body in bodies if body["kind"] == _POD and label_of(body, OPERATION_LABEL) != JobOperation.PURGE)
    return tuple(view.name for view in map(pod_view, pods) if not view.is_over)


def _latest_ends(bodies: Iterable[Body]) -> tuple[Ended, ...]:
    """Return how the last pods ended that may have changed what the knowledge base holds."""
    pods = (body for body in bodies if body["kind"] == _POD and label_of(body, OPERATION_LABEL) != JobOperation.PLAN)
    latest = heapq.nlargest(_ENDS_TO_READ, pods, key=finished_at)
    return tuple(ended for body in latest if (ended := pod_view(body).ended) is not None)
