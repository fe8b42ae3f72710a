"""Carries out what is next for the generations of a knowledge base."""

from kubelore.documents.result import ShardProgress, TerminationMessage
from kubelore.embedding.config import EmbedderConfig
from kubelore.jobs import generations
from kubelore.jobs.generations import NextStep, Step, next_step, shares_vectors
from kubelore.jobs.outcome import summarise
from kubelore.jobs.spec import JobOperation, JobSpec, job_for_generation, job_for_knowledge_base
from kubelore.resources.knowledge_base import Generation, GenerationStatus, KnowledgeBase, KnowledgeBaseStatus
from kubelore_operator.reconcile.dependencies import embedder_of_generation, server_of_generation
from kubelore_operator.reconcile.errands import Errand, ErrandRunner, ErrandState
from kubelore_operator.reconcile.findings import Finding
from kubelore_operator.reconcile.generations import (
    at_rest,
    building,
    cannot_go_on,
    switching,
    waiting_for_tasks,
    waits_for_model,
)
from kubelore_operator.reconcile.observed import Context, JobState, KnowledgeBaseWorld
from kubelore_operator.reconcile.upkeep import Upkeep


def advance(kb: KnowledgeBase, world: KnowledgeBaseWorld, context: Context) -> Upkeep:
    """Bring the generations one step nearer to what the spec asks for."""
    step = next_step(kb, context.now)
    match step.step, step.generation:
        case Step.FILL, Generation() as generation:
            return _fill(kb, generation, world, context)
        case Step.PROMOTE, Generation() as generation:
            return _promote(kb, generation, world, context)
        case Step.RETIRE, _:
            return _retire(kb, step, world, context)
    return _change_status(kb, step)


def _change_status(kb: KnowledgeBase, step: NextStep) -> Upkeep:
    """Take note of what has begun or ended; the next look goes on from there."""
    status = kb.status.generation
    match step.step, step.generation:
        case Step.BEGIN, Generation() as generation:
            begun = generations.begun(status, generation)
            return Upkeep(with_generation(kb.status, begun), (building(generation, None),))
        case Step.ABANDON, _:
            status = generations.abandoned(status)
        case Step.EXPIRE, _:
            status = generations.expired(status)
    return Upkeep(with_generation(kb.status, status), (at_rest(kb),), requeue=step.look_again)


def _fill(kb: KnowledgeBase, generation: Generation, world: KnowledgeBaseWorld, context: Context) -> Upkeep:
    embedder = embedder_of_generation(kb, generation, world.llm_servers, in_process=context.in_process)
    if isinstance(embedder, Finding):
        return Upkeep(kb.status, (waits_for_model(generation, embedder),))
    status = _with_progress(kb, generation)
    errand = _runner(kb, reindex_job(kb, generation, embedder), world, context, generation).advance(world)
    if errand.state is not ErrandState.DONE:
        return Upkeep.of(
            errand, status, _said_of(kb, generation, errand, building(generation, status.generation.progress))
        )
    unaware = _tasks_unaware_of(generation, world)
    if unaware:
        return Upkeep(status, (waiting_for_tasks(generation, unaware),))
    return _promote(kb, generation, world, context)


def _promote(kb: KnowledgeBase, generation: Generation, world: KnowledgeBaseWorld, context: Context) -> Upkeep:
    embedder = embedder_of_generation(kb, generation, world.llm_servers, in_process=context.in_process)
    if isinstance(embedder, Finding):
        return Upkeep(kb.status, (waits_for_model(generation, embedder),))
    runner = _runner(kb, promote_job(kb, generation, embedder), world, context, generation)
    errand = runner.advance(world)
    if errand.state is not ErrandState.DONE:
        return Upkeep.of(errand, kb.status, _said_of(kb, generation, errand, switching(generation)))
    promoted = generations.promoted(kb.status.generation, generation, context.now)
    status = with_totals_of(with_generation(kb.status, promoted), errand.report)
    fillers = tuple(job.key for job in world.jobs if job.operation == JobOperation.REINDEX)
    return Upkeep(
        status, (at_rest(kb.model_copy(update={"status": status})),), delete=(*runner.finished(world), *fillers)
    )


def _retire(kb: KnowledgeBase, step: NextStep, world: KnowledgeBaseWorld, context: Context) -> Upkeep:
    runner = ErrandRunner(kb, None, retire_job(kb), context)
    errand = runner.advance(world)
    if errand.state is not ErrandState.DONE:
        return Upkeep.of(errand, kb.status, at_rest(kb))
    status = with_generation(kb.status, generations.retired(kb.status.generation))
    return Upkeep(status, (at_rest(kb),), delete=runner.finished(world), requeue=step.look_again)


def reindex_job(kb: KnowledgeBase, generation: Generation, embedder: EmbedderConfig) -> JobSpec:
    """Describe the filling of a generation by as many workers as may work on a task."""
    spec = promote_job(kb, generation, embedder)
    return spec.model_copy(update={"operation": JobOperation.REINDEX, "shards": kb.spec.ingest.parallelism})


def promote_job(kb: KnowledgeBase, generation: Generation, embedder: EmbedderConfig) -> JobSpec:
    """Describe the proof of a generation, which then answers."""
    answering = kb.status.generation.answering
    is_same = answering is not None and shares_vectors(answering, generation)
    reuse = (kb.status.generation.active,) if is_same else ()
    return job_for_generation(kb, generation, embedder, JobOperation.PROMOTE).model_copy(update={"reuse": reuse})


def retire_job(kb: KnowledgeBase) -> JobSpec:
    """Describe the removal of generations that nobody needs."""
    spec = job_for_knowledge_base(kb, EmbedderConfig(), JobOperation.RETIRE)
    return spec.model_copy(update={"keep": generations.kept(kb.status.generation)})


def with_generation(status: KnowledgeBaseStatus, generation: GenerationStatus) -> KnowledgeBaseStatus:
    """Return the status with other generations."""
    return status.model_copy(update={"generation": generation})


def with_totals_of(status: KnowledgeBaseStatus, report: TerminationMessage | None) -> KnowledgeBaseStatus:
    """Take over what the worker counted and learnt that had a generation answer."""
    if report is None:
        return status
    changes: dict[str, object] = {"dimension": report.dimension} if report.dimension else {}
    if report.totals is not None:
        changes |= {"documents": report.totals.documents, "chunks": report.totals.chunks}
    return status.model_copy(update=changes)


def _with_progress(kb: KnowledgeBase, generation: Generation) -> KnowledgeBaseStatus:
    progress = _progress(kb.status.shards.get(str(generation.number), {}))
    return with_generation(kb.status, kb.status.generation.model_copy(update={"progress": progress}))


def _progress(shards: dict[str, ShardProgress]) -> str | None:
    return summarise(dict(enumerate(shards.values())), {}).progress if shards else None


def _tasks_unaware_of(generation: Generation, world: KnowledgeBaseWorld) -> int:
    """Count running Jobs that don't write to the generation: what they bring in would be missing from it."""
    syncs = (job for job in world.jobs if job.operation == JobOperation.SYNC)
    running = (job for job in (*world.task_jobs, *syncs) if job.state is JobState.RUNNING)
    return sum(generation.number not in job.generations for job in running)


def _said_of(kb: KnowledgeBase, generation: Generation, errand: Errand, otherwise: Finding) -> Finding:
    if errand.failure is None:
        return otherwise
    return cannot_go_on(generation, kb.status.generation.active, errand.failure)


def _runner(
    kb: KnowledgeBase, spec: JobSpec, world: KnowledgeBaseWorld, context: Context, generation: Generation
) -> ErrandRunner:
    return ErrandRunner(kb, server_of_generation(generation, world.llm_servers), spec, context)
