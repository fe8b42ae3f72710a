from hypothesis import given
from hypothesis import strategies as st

from kubelore_ingest.sources.sharing import belongs_to


@given(st.text(), st.integers(1, 50))
def test_each_document_has_exactly_one_worker(name: str, shards: int) -> None:
    assert sum(belongs_to(name, shard, shards) for shard in range(shards)) == 1


def test_many_documents_are_shared_out_evenly() -> None:
    share = sum(belongs_to(f"docs/{index}.md", 0, 4) for index in range(4000))

    assert 900 < share < 1100


def test_a_document_keeps_its_worker_from_release_to_release() -> None:
    assert [belongs_to("docs/guide.md", shard, 5) for shard in range(5)].index(True) == 0
