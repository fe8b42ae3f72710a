import pytest

from kubelore.resources.knowledge_base import IndexProfile
from kubelore.vectorstore.abilities import abilities_of
from kubelore.vectorstore.interface import CollectionSpec
from kubelore.vectorstore.schema import collection_schema, index_specs
from kubelore.vectorstore.stopwords import STOP_WORDS

LITE = abilities_of("milvus_lite-3.2.2")
OLD_SERVER = abilities_of("v2.3.5")


def spec(profile: IndexProfile = IndexProfile.FAST) -> CollectionSpec:
    return CollectionSpec(name="c", dimension=8, profile=profile, m=24, ef_construction=300)


@pytest.mark.parametrize(
    ("profile", "index_type", "params"),
    [
        (IndexProfile.FAST, "HNSW", {"M": 24, "efConstruction": 300}),
        (IndexProfile.AUTO, "HNSW", {"M": 24, "efConstruction": 300}),
        (IndexProfile.MEMORY, "IVF_FLAT", {"nlist": 128}),
        (IndexProfile.EXACT, "FLAT", {}),
    ],
)
def test_a_profile_chooses_the_dense_index(profile: IndexProfile, index_type: str, params: dict[str, int]) -> None:
    dense, sparse = index_specs(spec(profile), LITE)

    assert (dense.index_type, dense.metric, dense.params) == (index_type, "COSINE", params)
    assert (sparse.field, sparse.metric) == ("sparse", "BM25")


def test_an_engine_with_everything_gets_bm25_and_a_partition_key() -> None:
    fields = {field.name: field for field in collection_schema(spec(), LITE).fields}

    assert fields["tenant_id"].is_partition_key
    assert "sparse" in fields


def test_an_engine_that_upserts_into_wrong_partitions_gets_none() -> None:
    fields = {field.name: field for field in collection_schema(spec(), OLD_SERVER).fields}

    assert not fields["tenant_id"].is_partition_key
    assert "sparse" not in fields
    assert len(index_specs(spec(), OLD_SERVER)) == 1


def test_the_stop_list_holds_words_of_both_languages_and_punctuation_in_lower_case() -> None:
    assert {"the", "how", "的", "如何", "。", ",", "``" + "`"} <= set(STOP_WORDS)
    assert all(word == word.lower().strip() for word in STOP_WORDS)
    assert len(STOP_WORDS) == len(set(STOP_WORDS))
