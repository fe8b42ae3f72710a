"""A question answered by Haystack, as its documentation shows it."""

from collections.abc import Sequence

from haystack import Document, Pipeline, component
from haystack.components.builders import ChatPromptBuilder
from haystack.components.generators.chat import OpenAIChatGenerator
from haystack.dataclasses import ChatMessage
from haystack.utils import Secret
from measure import HITS, INSTRUCTION, MODEL, Task, read_task, report
from milvus_haystack import MilvusDocumentStore
from milvus_haystack.milvus_embedding_retriever import MilvusEmbeddingRetriever
from pymilvus import MilvusClient

PROMPT = """{% for document in documents %}{{ document.content }}

{% endfor %}{{ question }}"""


@component
class Embedder:
    """The same embedder as everyone's."""

    def __init__(self, task: Task) -> None:
        self._task = task

    @component.output_types(embedding=list[float])
    def run(self, text: str) -> dict[str, list[float]]:
        """Embed a question."""
        return {"embedding": self._task.embed(text)}


def main() -> None:
    """Measure."""
    task = read_task()
    store = MilvusDocumentStore(
        connection_args={"uri": task.database},
        collection_name="passages",
        index_params={"index_type": "HNSW", "metric_type": "COSINE", "params": {"M": 16, "efConstruction": 200}},
        drop_old=True,
    )
    vectors = task.embed_all(task.passages)
    store.write_documents(
        [
            Document(content=text, embedding=vector, meta={"source": f"{number}.md"})
            for number, (text, vector) in enumerate(zip(task.passages, vectors, strict=True))
        ]
    )
    template = [ChatMessage.from_system(INSTRUCTION), ChatMessage.from_user(PROMPT)]
    pipeline = Pipeline()
    pipeline.add_component("embedder", Embedder(task))
    pipeline.add_component("retriever", MilvusEmbeddingRetriever(document_store=store, top_k=HITS))
    pipeline.add_component("prompt", ChatPromptBuilder(template=template, required_variables=["documents", "question"]))
    pipeline.add_component(
        "model", OpenAIChatGenerator(model=MODEL, api_base_url=task.model_url, api_key=Secret.from_token("none"))
    )
    pipeline.connect("embedder.embedding", "retriever.query_embedding")
    pipeline.connect("retriever.documents", "prompt.documents")
    pipeline.connect("prompt.prompt", "model.messages")
    client = MilvusClient(task.database)

    def search(vector: Sequence[float]) -> object:
        return client.search("passages", data=[vector], limit=HITS, output_fields=["text", "source"])

    def answer(question: str) -> object:
        return pipeline.run({"embedder": {"text": question}, "prompt": {"question": question}})

    report(task, search, answer)


if __name__ == "__main__":
    main()
