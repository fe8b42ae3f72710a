"""OpenAI's own clients for Python and Node, and what their streaming helpers make of an answer."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from openai import OpenAI

QUESTION = "What is the lighthouse keeper called?"
_NODE_CLIENT = Path(__file__).parent / "node"


@dataclass(frozen=True, slots=True)
class Streamed:
    """One question, asked by chat completions and by responses; `events` are the kinds of the latter's, in order."""

    completion: str
    events: Sequence[str]
    response: str
    cited: Sequence[str]


def assert_knows_the_keeper(streamed: Streamed) -> None:
    """Judge the answer to `QUESTION` from a knowledge base that has it of `note.md` alone."""
    assert "Ada Brandt" in streamed.completion
    assert streamed.response.strip() == streamed.completion.strip()
    assert (streamed.events[0], streamed.events[-1]) == ("response.created", "response.completed")
    assert "response.output_text.delta" in streamed.events
    assert set(streamed.cited) == {"note.md"}


def stream_by_python(url: str, model: str, question: str) -> Streamed:
    """Ask a gateway by the Python client's streaming helpers."""
    client = OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)
    with client.chat.completions.stream(model=model, messages=[{"role": "user", "content": question}]) as chunks:
        completion = chunks.get_final_completion().choices[0].message.content or ""
    with client.responses.stream(model=model, input=question) as stream:
        events = list(dict.fromkeys(event.type for event in stream))
        final = stream.get_final_response()
    message = final.output[-1]
    assert message.type == "message"
    [part] = message.content
    assert part.type == "output_text"
    cited = [annotation.filename for annotation in part.annotations if annotation.type == "file_citation"]
    return Streamed(completion, events, part.text, cited)


def install_node_client(folder: Path) -> Path:
    """Install the Node client by its lock file, and return where it lies."""
    client = folder / "client"
    shutil.copytree(_NODE_CLIENT, client)
    subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=client, check=True, timeout=240)
    return client


def stream_by_node(client: Path, url: str, model: str, question: str) -> Streamed:
    """Ask a gateway by the Node client's streaming helpers."""
    return Streamed(**json.loads(run_node(client, "streams.mjs", f"{url}/v1", model, question)))


def run_node(client: Path, script: str, *arguments: str) -> str:
    """Run a script of the client's folder to its end, and return what it printed."""
    command = ["node", script, *arguments]
    ran = subprocess.run(command, cwd=client, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout
