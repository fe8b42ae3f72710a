import pytest

from kubelore.vectorstore.abilities import abilities_of

ALL = ("bm25", "hybrid", "partition_key", "nullable")


@pytest.mark.parametrize(
    ("version", "engine", "names"),
    [
        ("milvus_lite-3.2.2", "milvus-lite 3.2.2", ALL),
        ("v2.3.5", "milvus 2.3.5", ()),
        ("v2.3.5-lite", "milvus 2.3.5", ()),
        ("v2.4.17", "milvus 2.4.17", ("hybrid", "partition_key")),
        ("v2.5.0", "milvus 2.5.0", ALL),
        ("2.6.1-gpu", "milvus 2.6.1", ALL),
        ("v3.0.0", "milvus 3.0.0", ALL),
        ("unreadable", "milvus unknown", ()),
    ],
)
def test_a_version_tells_what_its_engine_can_do(version: str, engine: str, names: tuple[str, ...]) -> None:
    abilities = abilities_of(version)

    assert abilities.engine == engine
    assert abilities.names() == names
