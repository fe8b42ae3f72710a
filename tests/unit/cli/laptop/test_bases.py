from typing import Any

from kubelore.clock import now
from kubelore.documents.record import Failure
from kubelore.documents.result import KnowledgeBaseTotals, TerminationMessage
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.resources.conditions import ConditionType
from kubelore.resources.knowledge_base import KnowledgeBase, KnowledgeBaseStatus
from kubelore_cli.laptop import bases
from kubelore_operator.reconcile.findings import Finding
from support.builders import knowledge_base, llm_server

PREPARED = TerminationMessage(
    collection="kl_docs_g1", dimension=384, abilities=("bm25",), totals=KnowledgeBaseTotals(documents=3, chunks=9)
)
BY_REFERENCE: dict[str, Any] = {"embedding": {"llmServerRef": {"name": "embedder"}}}


def ready(status: KnowledgeBaseStatus) -> tuple[str, str]:
    condition = status.condition(ConditionType.READY)
    assert condition is not None
    return condition.status, condition.message


def with_status(kb: KnowledgeBase, status: KnowledgeBaseStatus) -> KnowledgeBase:
    return kb.model_copy(update={"status": status})


def finding(kb: KnowledgeBase, **server: Any) -> str:
    found = bases.embedder_of(kb, llm_server(**server) if server else None)
    assert isinstance(found, Finding)
    return found.message


def test_an_embedder_server_is_the_model_of_this_process() -> None:
    embedder = bases.embedder_of(knowledge_base(**BY_REFERENCE), llm_server())

    assert not isinstance(embedder, Finding)
    assert embedder.backend == "builtin"


def test_a_missing_server_is_waited_for_by_its_name() -> None:
    assert "LLMServer team-a/embedder: the resource does not exist" in finding(knowledge_base(**BY_REFERENCE))


def test_a_server_that_is_not_ready_says_why_itself() -> None:
    not_ready = {
        "type": "Ready",
        "status": "False",
        "reason": "EngineUnavailable",
        "message": "engine ollama needs a cluster",
        "lastTransitionTime": now(),
    }
    message = finding(
        knowledge_base(**BY_REFERENCE), engine="ollama", model={"name": "m"}, status={"conditions": [not_ready]}
    )

    assert message.endswith("(engine ollama needs a cluster)")


def test_stores_of_its_own_are_refused_with_what_to_do() -> None:
    kb = knowledge_base(storage={"vectorStore": {"uri": "http://milvus:19530"}})

    assert "KUBELORE_VECTOR_STORE" in finding(kb)


def test_the_first_preparation_makes_it_ready() -> None:
    status = bases.ready(knowledge_base(), PREPARED, now())

    assert ready(status) == ("True", "collection kl_docs_g1 is ready")
    assert (status.collection, status.dimension, status.generation.active) == ("kl_docs_g1", 384, 1)
    assert (status.documents, status.chunks) == (3, 9)
    assert status.is_true(ConditionType.STORAGE_REACHABLE)


def test_rows_that_are_gone_when_it_is_prepared_again_are_made_again() -> None:
    kb = knowledge_base()
    built = with_status(kb, bases.ready(kb, PREPARED, now()))
    emptied = PREPARED.model_copy(update={"totals": KnowledgeBaseTotals()})

    status = bases.ready(built, emptied, now())

    assert status.verification.missing == ("collection",)
    assert status.chunks == 9


def test_one_that_answers_goes_on_answering_while_it_is_prepared_again() -> None:
    kb = knowledge_base()
    answering = with_status(kb, bases.ready(kb, PREPARED, now()))

    assert bases.preparing(answering, now()) == answering.status
    assert ready(bases.preparing(kb, now())) == ("False", "the collection is being made")


def test_a_store_that_is_away_shows_in_both_conditions() -> None:
    error = KubeloreError(ErrorCode.VECTOR_STORE_UNREACHABLE, "http://127.0.0.1:1")

    status = bases.not_prepared(knowledge_base(), Failure.from_error("handbook", error), now())

    assert ready(status) == ("False", f"{error.message}; it is tried again")
    storage = status.condition(ConditionType.STORAGE_REACHABLE)
    assert storage is not None
    assert storage.status == "False"


def test_a_worker_that_counted_nothing_changes_no_count() -> None:
    status = KnowledgeBaseStatus(documents=3, chunks=9)

    assert bases.with_totals(status, TerminationMessage(), now()) == status
