"""Measures the time from an LLMServer to its first answer, beside that of the same pod from a Deployment made by hand.

It takes the test cluster with Kubelore in it; models are cached: in the image, or on a volume.
"""

import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from uuid import uuid4

from support.cluster import RunningCluster
from support.cluster_api import Body
from support.installation import GATEWAY, NAMESPACE, Installation, open_installation
from support.model_sources import EMBEDDING_FILE, filled_claim, publish_models
from support.processes import wait_until
from testcluster.choose import choose
from testcluster.paths import DEFAULT_CLUSTER_FOLDER

ROUNDS = 5
MOST_TIMES_BY_HAND = 1.5
SECONDS_TO_ANSWER = 120
EMBEDDER: Body = {"engine": "embedder", "serves": ["embedding"], "model": {"name": "all-MiniLM-L6-v2"}}
BY_HAND = "benchmark/made-by-hand"

ASK = """\
import json, sys, time, urllib.request
print("listening", flush=True)
url = sys.stdin.readline().strip()
body = json.dumps({"model": sys.argv[1], "input": ["Is anybody there?"]}).encode()
while True:
    try:
        request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=1) as answer:
            answer.read()
        break
    except OSError:
        time.sleep(0.02)
print("answered", flush=True)
"""


def llama_server(claim: str) -> Body:
    """Describe a llama-server whose model lies on a volume."""
    source = {"pvc": {"claimName": claim, "path": EMBEDDING_FILE}}
    model = {"name": "all-minilm", "source": source}
    return {"engine": "llamacpp", "serves": ["embedding"], "model": model, "contextLength": 512, "parallel": 1}


@contextmanager
def asking(installation: Installation, model: str) -> Iterator["subprocess.Popen[str]"]:
    """Have a process wait in the gateway's pod, which may reach every model server, to be told whom to ask."""
    cluster = installation.cluster
    pod = ("exec", "--stdin", f"--namespace={NAMESPACE}", f"deployment/{GATEWAY}", "--", "python3", "-c", ASK, model)
    command = (cluster.kubectl_path, f"--kubeconfig={cluster.kubeconfig}", *pod)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            expect(process, "listening")
            yield process
        finally:
            process.kill()


def expect(process: "subprocess.Popen[str]", word: str) -> None:
    """Wait for a line."""
    line = process.stdout.readline().strip() if process.stdout else ""
    if line != word:
        raise RuntimeError(f"the asking process said {line!r} and not {word!r}")


def seconds_to_answer(installation: Installation, spec: Body, name: str, create: Callable[[], object]) -> float:
    """Create a server, ask its Service's address until it answers, and return how long that took."""
    with asking(installation, spec["model"]["name"]) as process:
        start = time.monotonic()
        create()
        wait_until("the Service is there", lambda: installation.api.get("Service", name) is not None)
        service = installation.api.get("Service", name) or {}
        print(f"http://{service['spec']['clusterIP']}/v1/embeddings", file=process.stdin, flush=True)
        expect(process, "answered")
        return time.monotonic() - start


def from_resource(installation: Installation, spec: Body) -> tuple[float, list[Body]]:
    """Measure an LLMServer, and return the Deployment and the Service that came of it."""
    name = f"measured-{uuid4().hex[:8]}"
    create = partial(installation.resources.create, "LLMServer", name, spec)
    try:
        seconds = seconds_to_answer(installation, spec, name, create)
        return seconds, [installation.api.get(kind, name) or {} for kind in ("Deployment", "Service")]
    finally:
        remove(installation, "LLMServer", name)


def by_hand(installation: Installation, spec: Body, children: list[Body]) -> float:
    """Measure the same pod without what Kubelore does around it."""
    name = f"by-hand-{uuid4().hex[:8]}"
    deployment, service = (as_made_by_hand(child, name) for child in children)

    def create() -> None:
        for manifest in (service, deployment):
            installation.api.create(manifest)

    try:
        return seconds_to_answer(installation, spec, name, create)
    finally:
        for kind in ("Deployment", "Service"):
            remove(installation, kind, name)


def as_made_by_hand(child: Body, name: str) -> Body:
    """Return a child as somebody would have written it who needs nothing fetched, reported or owned."""
    labels, spec = {BY_HAND: name}, json.loads(json.dumps(child["spec"]))
    if child["kind"] == "Deployment":
        spec["selector"] = {"matchLabels": labels}
        spec["template"]["metadata"] = {"labels": labels}
        spec["template"]["spec"].pop("initContainers", None)
    else:
        spec = {"selector": labels, "ports": spec["ports"]}
    return {"apiVersion": child["apiVersion"], "kind": child["kind"], "metadata": {"name": name}, "spec": spec}


def remove(installation: Installation, kind: str, name: str) -> None:
    """Delete an object, and wait for the end of its pods: the next round must not share the cores with them."""
    installation.delete(kind, name)

    def pods() -> list[str]:
        names = (pod["metadata"]["name"] for pod in installation.api.list("Pod"))
        return [pod for pod in names if pod.startswith(f"{name}-")]

    wait_until(f"the pods of {name} have gone", lambda: not pods(), SECONDS_TO_ANSWER)


def show(installation: Installation, title: str, spec: Body) -> None:
    """Measure a server in turn with its like made by hand, and print the medians."""
    ours, theirs = [], []
    for _ in range(ROUNDS):
        seconds, children = from_resource(installation, spec)
        ours.append(seconds)
        theirs.append(by_hand(installation, spec, children))
    print(f"{title}: {median(ours):.1f} s to the first answer, {median(theirs):.1f} s by hand,", end=" ")
    print(f"{median(ours) / median(theirs):.2f} times as long (at most {MOST_TIMES_BY_HAND})", flush=True)


def main() -> None:
    """Print the figures."""
    cluster = RunningCluster(choose(DEFAULT_CLUSTER_FOLDER))
    with tempfile.TemporaryDirectory() as scratch, open_installation(cluster) as installation:
        show(installation, "embedder", EMBEDDER)
        models = publish_models(installation, Path(scratch))
        with filled_claim(installation, models, EMBEDDING_FILE) as claim:
            show(installation, "llama-server, its model on a volume", llama_server(claim))


if __name__ == "__main__":
    main()
