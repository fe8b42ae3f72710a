"""The columns and indexes of a collection."""

from dataclasses import dataclass
from typing import Any

from pymilvus import CollectionSchema, DataType, Function, FunctionType, MilvusClient

from kubelore.resources.knowledge_base import IndexProfile
from kubelore.vectorstore.interface import Abilities, CollectionSpec
from kubelore.vectorstore.stopwords import STOP_WORDS

PRIMARY_KEY = "id"
VECTOR = "vector"
TEXT = "chunk_text"
SPARSE = "sparse"
TENANT = "tenant_id"

METRIC = "COSINE"
"""Embedders give normalised vectors, so COSINE, IP and L2 order hits alike; this one's scores compare across models."""

BM25 = "BM25"
"""What the sparse index ranks by."""

LONGEST_TEXT_BYTES = 65_535
"""The largest VARCHAR that Milvus takes."""

MOST_ACCESS_GROUPS = 64
LONGEST_ACCESS_GROUP_BYTES = 512
LARGEST_METADATA_BYTES = 65_536
"""The largest JSON value that Milvus takes."""

VARCHAR_BYTES: dict[str, int] = {
    PRIMARY_KEY: 64,
    TEXT: LONGEST_TEXT_BYTES,
    "document_id": 64,
    "document_version": 64,
    TENANT: 512,
    "source": 8192,
    "title": 2048,
    "heading_path": 4096,
}
"""The most bytes of each text column; Milvus Lite counts characters, a server bytes."""

INTEGERS = ("chunk_id", "page", "char_start", "char_end", "ingested_at")
ARRAY = "access_groups"
JSON = "metadata"
KEYS = (PRIMARY_KEY, TENANT, "document_id", "document_version", "chunk_id")
"""The columns by which a row is told apart."""

SCALARS = (*VARCHAR_BYTES, *INTEGERS, ARRAY, JSON)
"""Every column that a search returns."""

_ANALYZER: dict[str, Any] = {
    "tokenizer": {"type": "jieba", "mode": "search"},
    "filter": ["lowercase", {"type": "stop", "stop_words": list(STOP_WORDS)}],
}


@dataclass(frozen=True, slots=True)
class IndexSpec:
    """One index, in the words of Milvus."""

    field: str
    index_type: str
    metric: str
    params: dict[str, Any]


def collection_schema(spec: CollectionSpec, abilities: Abilities) -> CollectionSchema:
    """Build the columns that the engine is able to keep."""
    schema = MilvusClient.create_schema(enable_dynamic_field=False)
    schema.add_field(VECTOR, DataType.FLOAT_VECTOR, dim=spec.dimension)
    for name, length in VARCHAR_BYTES.items():
        schema.add_field(name, DataType.VARCHAR, max_length=length, **_text_options(name, abilities))
    for name in INTEGERS:
        schema.add_field(name, DataType.INT64)
    schema.add_field(
        ARRAY,
        DataType.ARRAY,
        element_type=DataType.VARCHAR,
        max_capacity=MOST_ACCESS_GROUPS,
        max_length=LONGEST_ACCESS_GROUP_BYTES,
    )
    schema.add_field(JSON, DataType.JSON)
    if abilities.bm25:
        _add_bm25(schema)
    return schema


def index_specs(spec: CollectionSpec, abilities: Abilities) -> tuple[IndexSpec, ...]:
    """Say which indexes a collection of this profile has."""
    dense = _dense_index(spec)
    if not abilities.bm25:
        return (dense,)
    return (dense, IndexSpec(SPARSE, "SPARSE_INVERTED_INDEX", BM25, {"inverted_index_algo": "DAAT_MAXSCORE"}))


def _dense_index(spec: CollectionSpec) -> IndexSpec:
    match spec.profile:
        case IndexProfile.EXACT:
            return IndexSpec(VECTOR, "FLAT", METRIC, {})
        case IndexProfile.MEMORY:
            return IndexSpec(VECTOR, "IVF_FLAT", METRIC, {"nlist": spec.nlist})
        case IndexProfile.FAST | IndexProfile.AUTO:
            return IndexSpec(VECTOR, "HNSW", METRIC, {"M": spec.m, "efConstruction": spec.ef_construction})


def _text_options(name: str, abilities: Abilities) -> dict[str, Any]:
    if name == PRIMARY_KEY:
        return {"is_primary": True}
    if name == TENANT and abilities.partition_key:
        return {"is_partition_key": True}
    if name == TEXT and abilities.bm25:
        return {"enable_analyzer": True, "analyzer_params": _ANALYZER}
    return {}


def _add_bm25(schema: CollectionSchema) -> None:
    schema.add_field(SPARSE, DataType.SPARSE_FLOAT_VECTOR)
    schema.add_function(
        Function(name="bm25", function_type=FunctionType.BM25, input_field_names=[TEXT], output_field_names=[SPARSE])
    )
