import pytest

from kubelore.embedding.resolve import resolve_embedder
from kubelore.resources.precision import Precision
from support.builders import knowledge_base, llm_server

IN_8_BITS = {"builtin": "all-MiniLM-L6-v2", "precision": "int8"}


def test_the_built_in_model_computes_in_the_precision_that_the_knowledge_base_names() -> None:
    config = resolve_embedder(knowledge_base(embedding=IN_8_BITS), None, in_process=False)

    assert config.precision is Precision.INT8


@pytest.mark.parametrize("precision", Precision)
def test_an_embedder_that_a_laptop_runs_in_process_computes_in_its_own_precision(precision: Precision) -> None:
    kb = knowledge_base(embedding={"llm_server_ref": {"name": "embedder"}})
    server = llm_server(model={"name": "all-MiniLM-L6-v2", "precision": precision})

    assert resolve_embedder(kb, server, in_process=True).precision is precision
