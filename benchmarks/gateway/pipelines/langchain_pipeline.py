"""A question answered by LangChain, as its documentation shows it."""

from collections.abc import Sequence

from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnablePassthrough
from langchain_milvus import Milvus
from langchain_openai import ChatOpenAI
from measure import HITS, INSTRUCTION, MODEL, Task, read_task, report
from pymilvus import MilvusClient


class Embedder(Embeddings):
    """The same embedder as everyone's."""

    def __init__(self, task: Task) -> None:
        self._task = task

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Embed passages."""
        return self._task.embed_all(texts)

    def embed_query(self, text: str) -> list[float]:
        """Embed a question."""
        return self._task.embed(text)


def joined(documents: Sequence[Document]) -> str:
    """Write the context."""
    return "\n\n".join(document.page_content for document in documents)


def main() -> None:
    """Measure."""
    task = read_task()
    store = Milvus.from_texts(
        list(task.passages),
        Embedder(task),
        metadatas=[{"source": f"{number}.md"} for number in range(len(task.passages))],
        connection_args={"uri": task.database},
        collection_name="passages",
        index_params={"index_type": "HNSW", "metric_type": "COSINE", "params": {"M": 16, "efConstruction": 200}},
    )
    prompt = ChatPromptTemplate.from_messages([("system", INSTRUCTION), ("user", "{context}\n\n{question}")])
    model = ChatOpenAI(model=MODEL, base_url=task.model_url, api_key="none")
    sources = {"context": store.as_retriever(search_kwargs={"k": HITS}) | joined, "question": RunnablePassthrough()}
    chain = sources | prompt | model | StrOutputParser()
    client = MilvusClient(task.database)

    def search(vector: Sequence[float]) -> object:
        return client.search("passages", data=[vector], limit=HITS, output_fields=["text", "source"])

    report(task, search, chain.invoke)


if __name__ == "__main__":
    main()
