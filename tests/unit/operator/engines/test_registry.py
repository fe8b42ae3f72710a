from kubelore.resources.llm_server import Engine
from kubelore_operator.engines.registry import ENGINES


def test_every_engine_that_a_resource_may_name_is_there() -> None:
    assert set(ENGINES) == set(Engine)
