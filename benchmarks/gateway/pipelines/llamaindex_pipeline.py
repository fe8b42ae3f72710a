"""A question answered by LlamaIndex, as its documentation shows it."""

from collections.abc import Sequence
from typing import Any

from llama_index.core import StorageContext, VectorStoreIndex
from llama_index.core.embeddings import BaseEmbedding
from llama_index.core.schema import TextNode
from llama_index.llms.openai_like import OpenAILike
from llama_index.vector_stores.milvus import MilvusVectorStore
from measure import HITS, MODEL, Task, read_task, report
from pymilvus import MilvusClient

DIMENSION = 384
CONTEXT_TOKENS = 8192


class Embedder(BaseEmbedding):
    """The same embedder as everyone's."""

    task: Any

    def _get_query_embedding(self, query: str) -> list[float]:
        return self.task.embed(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self.task.embed(query)

    def _get_text_embedding(self, text: str) -> list[float]:
        return self.task.embed_all([text])[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return self.task.embed_all(texts)


def main() -> None:
    """Measure."""
    task: Task = read_task()
    store = MilvusVectorStore(
        uri=task.database,
        dim=DIMENSION,
        collection_name="passages",
        similarity_metric="COSINE",
        index_config={"index_type": "HNSW", "M": 16, "efConstruction": 200},
        overwrite=True,
    )
    nodes = [TextNode(text=text, metadata={"source": f"{n}.md"}) for n, text in enumerate(task.passages)]
    index = VectorStoreIndex(
        nodes, storage_context=StorageContext.from_defaults(vector_store=store), embed_model=Embedder(task=task)
    )
    model = OpenAILike(
        model=MODEL, api_base=task.model_url, api_key="none", is_chat_model=True, context_window=CONTEXT_TOKENS
    )
    engine = index.as_query_engine(llm=model, similarity_top_k=HITS)
    client = MilvusClient(task.database)

    def search(vector: Sequence[float]) -> object:
        return client.search("passages", data=[vector], limit=HITS, output_fields=["text", "source", "_node_content"])

    report(task, search, engine.query)


if __name__ == "__main__":
    main()
