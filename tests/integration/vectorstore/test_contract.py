import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import uuid4

import pytest

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.resources.knowledge_base import IndexProfile
from kubelore.settings import Settings
from kubelore.vectorstore.factory import make_vector_store
from kubelore.vectorstore.filters import And, Compare, Comparison, ContainsAny, Filter, In, IsEmpty, Or
from kubelore.vectorstore.interface import CollectionSpec, DenseQuery, Search, SparseQuery, VectorStore
from support.rows import DIMENSION, row, rows, unit_vector

EVERYTHING = And(())


def equals(field: str, value: str | int) -> Filter:
    return Compare(field, Comparison.EQ, value)


def spec(name: str, profile: IndexProfile = IndexProfile.FAST, dimension: int = DIMENSION) -> CollectionSpec:
    return CollectionSpec(name=name, dimension=dimension, profile=profile, m=16, ef_construction=200)


def settled(store: VectorStore) -> VectorStore:
    """The store, once searches see everything that was written."""
    store.settle()
    return store


def test_its_abilities_are_told_by_name(store: VectorStore) -> None:
    abilities = store.abilities()

    if abilities.engine == "milvus 2.3.5":
        assert abilities.names() == ()
    else:
        assert abilities.engine.startswith("milvus-lite 3.")
        assert abilities.names() == ("bm25", "hybrid", "partition_key", "nullable")


def test_a_row_comes_back_as_it_was_written(store: VectorStore, collection: str) -> None:
    written = row(
        3,
        chunk_text='安装 "RustFS"\n\tin Docker \\ 🙂',
        page=7,
        access_groups=("staff", "运维"),
        metadata={"lang": "zh", "a.b": "c"},
        heading_path="安装 > Docker",
    )
    store.upsert(collection, [written])

    (hit,) = settled(store).search(collection, Search(EVERYTHING, dense=DenseQuery(unit_vector(3), 5))).dense

    assert hit.row == replace(written, vector=())
    assert hit.score == pytest.approx(1.0, abs=1e-5)


def test_a_row_without_a_page_or_groups_comes_back_without_them(store: VectorStore, collection: str) -> None:
    store.upsert(collection, [row(0)])

    (hit,) = settled(store).search(collection, Search(EVERYTHING, dense=DenseQuery(unit_vector(0), 5))).dense

    assert (hit.row.page, hit.row.access_groups, hit.row.metadata) == (None, (), {})


def test_writing_twice_leaves_each_row_once(store: VectorStore, collection: str) -> None:
    store.upsert(collection, rows(50))
    store.upsert(collection, rows(50))

    assert store.count(collection, EVERYTHING) == 50


def test_of_a_repeated_id_in_one_write_the_last_row_stays(store: VectorStore, collection: str) -> None:
    store.upsert(collection, [row(0, title="first"), row(1), row(0, title="last")])

    assert store.count(collection, EVERYTHING) == 2
    assert store.count(collection, equals("title", "last")) == 1


def test_more_rows_than_one_call_takes_are_all_written(store: VectorStore, collection: str) -> None:
    store.upsert(collection, rows(2500))

    assert store.count(collection, EVERYTHING) == 2500
    assert store.count(collection, equals("chunk_id", 0)) == 1


def test_nothing_to_write_is_no_error(store: VectorStore, collection: str) -> None:
    store.upsert(collection, [])

    assert store.count(collection, EVERYTHING) == 0


def test_older_versions_of_a_document_can_be_deleted(store: VectorStore, collection: str) -> None:
    store.upsert(collection, rows(5, "a", document_version="v1") + rows(3, "a", document_version="v2") + rows(2, "b"))

    store.delete(collection, And([equals("document_id", "a"), Compare("document_version", Comparison.NE, "v2")]))

    assert store.count(collection, equals("document_id", "a")) == 3
    assert store.count(collection, equals("document_id", "b")) == 2


def test_a_deleted_row_is_not_found_any_more_and_can_come_back(store: VectorStore, collection: str) -> None:
    store.upsert(collection, rows(3))
    store.delete(collection, equals("chunk_id", 1))

    found = settled(store).search(collection, Search(EVERYTHING, dense=DenseQuery(unit_vector(1), 5))).dense
    assert {hit.row.chunk_id for hit in found} == {0, 2}

    store.upsert(collection, [row(1)])
    assert store.count(collection, EVERYTHING) == 3


def test_a_search_ranks_by_nearness_within_its_filter(store: VectorStore, collection: str) -> None:
    store.upsert(collection, rows(10, "a", tenant="t1") + rows(10, "b", tenant="t2"))

    hits = (
        settled(store).search(collection, Search(equals("tenant_id", "t1"), dense=DenseQuery(unit_vector(4), 3))).dense
    )

    assert [hit.row.tenant_id for hit in hits] == ["t1"] * 3
    assert hits[0].row.chunk_id == 4
    assert {hit.row.chunk_id for hit in hits[1:]} == {3, 5}
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_words_of_both_languages_are_found_by_bm25(store: VectorStore, collection: str) -> None:
    store.upsert(
        collection,
        [
            row(0, chunk_text="如何在 Docker 中安装 RustFS 的单机版本"),
            row(1, chunk_text="How the scanner of the cluster heals a broken disk"),
            row(2, chunk_text="版本控制可以保留对象的多个变体"),
            row(3, chunk_text="Installing on Kubernetes with Helm"),
        ],
    )

    if not store.abilities().bm25:
        assert store.search(collection, Search(EVERYTHING, sparse=SparseQuery("Docker", 4))).sparse == ()
        return

    def best(question: str) -> list[int]:
        hits = settled(store).search(collection, Search(EVERYTHING, sparse=SparseQuery(question, 4))).sparse
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
        assert all(hit.score > 0 for hit in hits)
        return [hit.row.chunk_id for hit in hits]

    assert best("怎么安装？")[0] == 0
    assert best("什么是对象的版本控制") == [2, 0]
    assert best("HEALS the SCANNER")[0] == 1
    assert best("的 the 。 ?") == []


def test_both_routes_of_one_search_come_back_apart(store: VectorStore, collection: str) -> None:
    store.upsert(collection, rows(5))

    result = settled(store).search(
        collection, Search(EVERYTHING, dense=DenseQuery(unit_vector(2), 2), sparse=SparseQuery("number 4", 2))
    )

    assert result.dense[0].row.chunk_id == 2
    assert len(result.dense) == 2
    if store.abilities().bm25:
        assert result.sparse[0].row.chunk_id == 4
        assert len(result.sparse) == 2


def test_groups_open_a_row_to_their_members_only(store: VectorStore, collection: str) -> None:
    store.upsert(collection, [row(0), row(1, access_groups=("a", "b")), row(2, access_groups=("c",))])
    visible = Or([IsEmpty("access_groups"), ContainsAny("access_groups", ["b", "d"])])

    assert store.count(collection, visible) == 2
    assert store.count(collection, IsEmpty("access_groups")) == 1
    assert store.count(collection, ContainsAny("access_groups", [])) == 0


def test_metadata_is_compared_by_its_key(store: VectorStore, collection: str) -> None:
    store.upsert(collection, [row(index, metadata={"lang": lang}) for index, lang in enumerate(["en", "zh", "de"])])

    assert store.count(collection, equals("metadata.lang", "zh")) == 1
    assert store.count(collection, In("metadata.lang", ["en", "de", "fr"])) == 2
    assert store.count(collection, equals("metadata.other", "zh")) == 0


def test_a_filter_of_thousands_of_parts_is_taken(store: VectorStore, collection: str) -> None:
    store.upsert(collection, rows(20))

    assert store.count(collection, In("document_id", [f"d{index}" for index in range(5000)] + ["doc"])) == 20
    assert store.count(collection, Or([equals("chunk_id", index) for index in range(10, 1000)])) == 10


@pytest.mark.parametrize("profile", list(IndexProfile))
def test_every_index_profile_is_created_and_searched(store: VectorStore, profile: IndexProfile) -> None:
    alias = f"kl_profile_{uuid4().hex}"
    store.ensure_collection(spec(f"{alias}_g1", profile))
    store.upsert(f"{alias}_g1", rows(300))

    hits = settled(store).search(f"{alias}_g1", Search(EVERYTHING, dense=DenseQuery(unit_vector(7), 10, ef=4))).dense

    assert len(hits) == 10
    assert hits[0].row.chunk_id == 7
    store.drop_all(alias)


def test_making_sure_of_a_collection_keeps_its_rows(store: VectorStore, collection: str) -> None:
    store.upsert(collection, rows(3))

    store.ensure_collection(spec(collection))

    assert store.count(collection, EVERYTHING) == 3


def test_several_who_make_one_collection_at_once_all_find_it_made(server_uri: str) -> None:
    alias = f"kl_together_{uuid4().hex}"
    stores = [make_vector_store(Settings(vector_store=server_uri)) for _ in range(4)]
    with ThreadPoolExecutor(len(stores)) as threads:
        list(threads.map(lambda each: each.ensure_collection(spec(f"{alias}_g1")), stores))

    assert [each.count(f"{alias}_g1", EVERYTHING) for each in stores] == [0] * len(stores)
    stores[0].drop_all(alias)
    for each in stores:
        each.close()


def test_every_key_is_gone_through_once(store: VectorStore, collection: str) -> None:
    store.upsert(collection, rows(6000) + rows(10, "other", tenant="t2"))

    keys = list(store.keys(collection))

    assert len({key.id for key in keys}) == len(keys) == 6010
    assert {(key.document_id, key.tenant_id) for key in keys} == {("doc", "default"), ("other", "t2")}


def test_one_collection_is_dropped_by_its_own_name_only(store: VectorStore) -> None:
    alias = f"kl_one_{uuid4().hex}"
    store.ensure_collection(spec(f"{alias}_g1"))
    store.ensure_collection(spec(f"{alias}_g2"))
    store.point_alias(alias, f"{alias}_g2")

    with pytest.raises(KubeloreError) as caught:
        store.drop_collection(alias)
    store.drop_collection(f"{alias}_g1")
    store.drop_collection(f"{alias}_g1")

    assert caught.value.code is ErrorCode.VECTOR_STORE_REFUSED
    assert store.collections(alias) == (f"{alias}_g2",)
    store.drop_all(alias)


def test_a_collection_of_another_dimension_is_refused(store: VectorStore, collection: str) -> None:
    with pytest.raises(KubeloreError) as caught:
        store.ensure_collection(spec(collection, dimension=16))

    assert caught.value.code is ErrorCode.EMBEDDING_DIMENSION
    assert "8" in caught.value.message
    assert "16" in caught.value.message


def test_what_is_not_there_is_said_to_be_missing(store: VectorStore) -> None:
    for call in (
        lambda: store.count("kl_nothing", EVERYTHING),
        lambda: store.upsert("kl_nothing", rows(1)),
        lambda: store.delete("kl_nothing", EVERYTHING),
        lambda: store.search("kl_nothing", Search(EVERYTHING, dense=DenseQuery(unit_vector(0), 1))),
        lambda: store.point_alias("kl_alias", "kl_nothing"),
    ):
        with pytest.raises(KubeloreError) as caught:
            call()
        assert caught.value.code is ErrorCode.COLLECTION_NOT_FOUND
    assert store.alias_target("kl_nothing") is None


def test_an_alias_moves_from_one_generation_to_the_next(store: VectorStore) -> None:
    alias = f"kl_alias_{uuid4().hex}"
    for generation, count in ((1, 3), (2, 5)):
        store.ensure_collection(spec(f"{alias}_g{generation}"))
        store.upsert(f"{alias}_g{generation}", rows(count))

    store.point_alias(alias, f"{alias}_g1")
    store.point_alias(alias, f"{alias}_g1")
    assert store.count(alias, EVERYTHING) == 3

    store.point_alias(alias, f"{alias}_g2")
    assert store.alias_target(alias) == f"{alias}_g2"
    assert store.count(alias, EVERYTHING) == 5
    store.drop_all(alias)


def test_dropping_a_knowledge_base_leaves_the_others(store: VectorStore, collection: str) -> None:
    alias = f"kl_drop_{uuid4().hex}"
    others = [f"{alias}_gx", f"{alias}_g1_g1", f"{alias}x_g1"]
    for name in (f"{alias}_g1", f"{alias}_g2", *others):
        store.ensure_collection(spec(name))
    store.point_alias(alias, f"{alias}_g2")
    store.upsert(collection, rows(2))

    store.drop_all(alias)
    store.drop_all(alias)

    assert store.alias_target(alias) is None
    for name in (f"{alias}_g1", f"{alias}_g2"):
        with pytest.raises(KubeloreError):
            store.count(name, EVERYTHING)
    assert [store.count(name, EVERYTHING) for name in others] == [0, 0, 0]
    assert store.count(collection, EVERYTHING) == 2


def test_a_row_that_some_engine_would_refuse_is_refused_before_any_is_written(
    store: VectorStore, collection: str
) -> None:
    with pytest.raises(KubeloreError) as caught:
        store.upsert(collection, [row(0), row(1, vector=[float("nan")] * DIMENSION)])

    assert caught.value.code is ErrorCode.VECTOR_STORE_REFUSED
    assert "chunk 1" in caught.value.message
    assert store.count(collection, EVERYTHING) == 0


def test_writers_in_several_threads_lose_nothing(store: VectorStore, collection: str) -> None:
    def write(writer: int) -> None:
        for part in range(5):
            store.upsert(collection, rows(20, f"d{writer}-{part}"))
            store.delete(collection, And([equals("document_id", f"d{writer}-{part}"), equals("chunk_id", 19)]))

    writers = [threading.Thread(target=write, args=(index,)) for index in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert store.count(collection, EVERYTHING) == 4 * 5 * 19
