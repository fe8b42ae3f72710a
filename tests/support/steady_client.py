"""Asks a model server again and again from the gateway's pod, and counts how it was answered."""

import json
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from support.installation import GATEWAY, NAMESPACE, Installation

_ASK_UNTIL_THE_END = """\
import json, sys, threading, time, urllib.error, urllib.request
url, body, key, ended = sys.argv[1], sys.argv[2].encode(), [sys.stdin.readline().strip()], threading.Event()

def listen():
    for line in sys.stdin:
        key[0] = line.strip()
        print("bears it", flush=True)
    ended.set()

def ask():
    headers = {"Content-Type": "application/json", "Authorization": "Bearer " + key[0]}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=60) as answer:
            return str(answer.status)
    except urllib.error.HTTPError as error:
        return str(error.code)
    except OSError as error:
        return repr(error)

threading.Thread(target=listen, daemon=True).start()
print("bears it", flush=True)
counts = {}
while True:
    answer = ask()
    counts[answer] = counts.get(answer, 0) + 1
    if ended.wait(0.1):
        break
print(json.dumps(counts))
"""


@dataclass(slots=True)
class SteadyClient:
    """Each request has a connection of its own, so that any pod of the Service may get it.

    `answers` is filled at the end: how often there was which status, or which error.
    """

    process: "subprocess.Popen[str]"
    answers: Mapping[str, int] = field(default_factory=Counter)

    def bear(self, key: str) -> None:
        """Ask with this key from now on."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{key}\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "bears it\n", self.process.poll()

    def end(self) -> None:
        """Take what was counted."""
        counted, _ = self.process.communicate(timeout=90)
        self.answers = Counter(json.loads(counted))


@contextmanager
def steady_client(installation: Installation, server: str, key: str) -> Iterator[SteadyClient]:
    """Ask an LLMServer for embeddings for the time of the block."""
    found = installation.api.get("LLMServer", server)
    assert found is not None
    body = json.dumps({"model": found["spec"]["model"]["name"], "input": ["Does it still answer?"]})
    cluster = installation.cluster
    pod = ("exec", "--stdin", f"--namespace={NAMESPACE}", f"deployment/{GATEWAY}", "--")
    program = ("python3", "-c", _ASK_UNTIL_THE_END, f"{found['status']['endpoint']}/embeddings", body)
    command = (cluster.kubectl_path, f"--kubeconfig={cluster.kubeconfig}", *pod, *program)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        client = SteadyClient(process)
        try:
            client.bear(key)
            yield client
            client.end()
        finally:
            process.kill()
