"""Asks model servers in the test cluster through their Services, from the gateway's pod, which they let in."""

import json
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from support.cluster_api import Body
from support.installation import GATEWAY, NAMESPACE, Installation

_ASK = """\
import sys, urllib.request
asked = urllib.request.Request(sys.argv[1], sys.stdin.buffer.read(), {"Content-Type": "application/json"})
sys.stdout.write(urllib.request.urlopen(asked, timeout=60).read().decode())
"""


@dataclass(frozen=True, slots=True)
class ModelClient:
    """Knows a server by its LLMServer: where it is, and what its model is called."""

    installation: Installation

    def embed(self, server: str, texts: list[str]) -> NDArray[np.float64]:
        """Return a unit vector a text."""
        answer = self._ask(server, "embeddings", {"input": texts})
        vectors = np.array([entry["embedding"] for entry in answer["data"]])
        unit: NDArray[np.float64] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit

    def chat(self, server: str, question: str) -> str:
        """Return the answer's first words."""
        messages = [{"role": "user", "content": question}]
        answer = self._ask(server, "chat/completions", {"messages": messages, "max_tokens": 8})
        content: str = answer["choices"][0]["message"]["content"]
        return content

    def rerank(self, server: str, question: str, passages: list[str]) -> list[float]:
        """Return the relevance of each passage."""
        answer = self._ask(server, "rerank", {"query": question, "documents": passages})
        scores = {result["index"]: float(result["relevance_score"]) for result in answer["results"]}
        return [scores[index] for index in range(len(passages))]

    def _ask(self, server: str, what: str, body: Body) -> Body:
        found = self.installation.api.get("LLMServer", server)
        assert found is not None
        url, model = f"{found['status']['endpoint']}/{what}", found["spec"]["model"]["name"]
        words = (
            "exec",
            "--stdin",
            f"--namespace={NAMESPACE}",
            f"deployment/{GATEWAY}",
            "--",
            "python3",
            "-c",
            _ASK,
            url,
        )
        answer: Body = json.loads(self.installation.cluster.kubectl(*words, stdin=json.dumps({"model": model, **body})))
        return answer
