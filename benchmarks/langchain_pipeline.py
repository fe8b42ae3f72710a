"""Brings Markdown files in with LangChain, sentence-transformers and langchain-milvus, as their documentation shows.

It runs in a Python environment of its own and knows nothing of Kubelore. Its last line of output is the number of
seconds from the first file that is read to the last row, its libraries and the model being loaded, and that of
processor seconds.

Usage: python langchain_pipeline.py MODEL FILES MILVUS
"""

import sys
import time
from pathlib import Path

from langchain_core.embeddings import Embeddings
from langchain_milvus import Milvus
from langchain_text_splitters import MarkdownHeaderTextSplitter
from sentence_transformers import SentenceTransformer

MAX_TOKENS = 512
"""What the model has positions for, and what Kubelore reads; the model's own files say 256."""


class SentenceTransformerEmbeddings(Embeddings):
    """What langchain-huggingface does, which there is none of for this version of huggingface-hub."""

    def __init__(self, model: str) -> None:
        self._model = SentenceTransformer(model, device="cpu", local_files_only=True)
        self._model.max_seq_length = MAX_TOKENS

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Embed passages."""
        return self._model.encode(texts, normalize_embeddings=True).tolist()

    def embed_query(self, text: str) -> list[float]:
        """Embed one question."""
        return self.embed_documents([text])[0]


def main() -> None:
    """Bring the files in."""
    model, files, milvus = sys.argv[1:]
    embeddings = SentenceTransformerEmbeddings(model)
    start, used = time.perf_counter(), time.process_time()
    splitter = MarkdownHeaderTextSplitter([("#", "section")], strip_headers=False)
    documents = [
        document
        for file in sorted(Path(files).iterdir())
        for document in splitter.split_text(file.read_text(encoding="utf-8"))
    ]
    store = Milvus(
        embedding_function=embeddings,
        connection_args={"uri": milvus},
        index_params={"index_type": "HNSW", "metric_type": "COSINE", "params": {"M": 16, "efConstruction": 200}},
        auto_id=True,
        drop_old=True,
    )
    store.add_documents(documents)
    print(time.perf_counter() - start, time.process_time() - used)


if __name__ == "__main__":
    main()
