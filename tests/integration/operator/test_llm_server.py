from typing import Any

import pytest

from kubelore_operator.kinds import CHILDREN
from support.operator_process import OperatorProcess
from support.operator_resources import OperatedNamespace
from support.processes import wait_until

FOREIGN_SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "embedder"},
    "spec": {"selector": {"app": "theirs"}, "ports": [{"port": 80}]},
}


def llamacpp_from(source: dict[str, Any]) -> dict[str, Any]:
    return {"engine": "llamacpp", "serves": ["chat"], "model": {"name": "tiny", "source": source}}


LLAMACPP = llamacpp_from({"http": {"url": "https://models.example/tiny.gguf"}})
VLLM = {
    "engine": "vllm",
    "serves": ["chat"],
    "model": {"name": "qwen", "source": {"huggingFace": {"repo": "qwen/qwen3"}}},
    "accelerator": {"count": 2},
}
SERVERS = {
    "embedder": {"engine": "embedder"},
    "ollama": {"engine": "ollama"},
    "llamacpp": LLAMACPP,
    "llamacpp from a volume": llamacpp_from({"pvc": {"claimName": "kept", "path": "tiny.gguf"}}),
    "llamacpp from an image": llamacpp_from({"image": {"reference": "models.example/tiny:1"}}),
    "vllm": VLLM,
    "vllm with device claims": VLLM
    | {"accelerator": None, "resourceClaims": [{"name": "gpu", "resourceClaimTemplateName": "one-gpu"}]},
    "replicas with volumes of their own": LLAMACPP | {"replicas": 2},
}


@pytest.fixture(autouse=True)
def _operator(operator: OperatorProcess) -> OperatorProcess:
    return operator


def children(namespace: OperatedNamespace) -> set[tuple[str, str]]:
    return {
        (kind.kind, body["metadata"]["name"])
        for kind in CHILDREN
        for body in namespace.api.list(kind.kind)
        if body["metadata"].get("labels", {}).get("app.kubernetes.io/managed-by") == "kubelore"
    }


def deployed(namespace: OperatedNamespace) -> None:
    wait_until("the server is deployed", lambda: namespace.api.get("Deployment", "embedder") is not None)


def test_the_embedder_is_ready_when_its_pods_answer(namespace: OperatedNamespace) -> None:
    namespace.create_model_server()
    deployed(namespace)
    namespace.wait_for_condition("LLMServer", "embedder", "Ready", "False", "Deploying")

    namespace.jobs.serve("embedder")

    namespace.wait_for_condition("LLMServer", "embedder", "Ready", "True")
    namespace.wait_for_condition("LLMServer", "embedder", "Progressing", "False", "UpToDate")
    status = namespace.status("LLMServer", "embedder")
    assert status["endpoint"] == f"http://embedder.{namespace.api.namespace}.svc/v1"
    assert (status["replicas"], status["readyReplicas"]) == (1, 1)
    assert children(namespace) == {(kind, "embedder") for kind in ("Deployment", "Service", "NetworkPolicy")}


def test_ollama_keeps_its_model_on_a_volume(namespace: OperatedNamespace) -> None:
    namespace.create_model_server("qwen", engine="ollama", serves=["chat"], model={"name": "qwen3:0.6b"})

    wanted = {(kind, "qwen") for kind in ("Deployment", "Service", "NetworkPolicy", "PersistentVolumeClaim")}
    wait_until("its children are there", lambda: children(namespace) == wanted)


@pytest.mark.parametrize("spec", SERVERS.values(), ids=SERVERS)
def test_its_pods_pass_the_restricted_standard(spec: dict[str, Any], namespace: OperatedNamespace) -> None:
    namespace.create_model_server(**spec)
    deployed(namespace)
    template = (namespace.api.get("Deployment", "embedder") or {})["spec"]["template"]

    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "its-pod"}, "spec": template["spec"]}

    assert namespace.api.create(pod)["metadata"]["name"] == "its-pod"


def test_children_of_an_earlier_engine_go(namespace: OperatedNamespace) -> None:
    namespace.create_model_server()
    deployed(namespace)

    external = {"engine": "external", "external": {"baseURL": "https://api.example/v1"}}
    namespace.api.patch("LLMServer", "embedder", {"spec": external})

    namespace.wait_for_condition("LLMServer", "embedder", "Ready", "True", "ExternalEndpoint")
    wait_until("its children are gone", lambda: children(namespace) == set())


def test_somebody_elses_service_is_never_overwritten(namespace: OperatedNamespace) -> None:
    theirs = namespace.api.create(FOREIGN_SERVICE)

    namespace.create_model_server()
    found = namespace.wait_for_condition("LLMServer", "embedder", "Ready", "False", "Refused")

    assert f"Service {namespace.api.namespace}/embedder" in found["message"]
    assert namespace.api.get("Service", "embedder") == theirs


def test_it_goes_on_when_somebody_elses_service_is_gone(namespace: OperatedNamespace) -> None:
    namespace.api.create(FOREIGN_SERVICE)
    namespace.create_model_server()
    namespace.wait_for_condition("LLMServer", "embedder", "Ready", "False", "Refused")

    namespace.api.delete("Service", "embedder")

    deployed(namespace)


def test_what_the_api_server_does_not_take_is_told_in_its_words(namespace: OperatedNamespace) -> None:
    namespace.create_model_server(tolerations=[{"operator": "Sometimes"}])

    found = namespace.wait_for_condition("LLMServer", "embedder", "Ready", "False", "Refused")

    assert "tolerations" in found["message"]


def test_a_child_that_somebody_changes_is_changed_back(namespace: OperatedNamespace) -> None:
    namespace.create_model_server()
    deployed(namespace)

    namespace.api.patch("Deployment", "embedder", {"spec": {"replicas": 5}})

    wait_until("it is back", lambda: (namespace.api.get("Deployment", "embedder") or {})["spec"]["replicas"] == 1)


def test_a_child_that_somebody_deletes_comes_again(namespace: OperatedNamespace) -> None:
    namespace.create_model_server()
    deployed(namespace)

    namespace.api.delete("Deployment", "embedder")

    deployed(namespace)


def test_what_is_no_longer_asked_for_is_taken_out_of_the_child(namespace: OperatedNamespace) -> None:
    namespace.create_model_server(nodeSelector={"disk": "fast"})
    deployed(namespace)

    namespace.api.patch("LLMServer", "embedder", {"spec": {"nodeSelector": None}})

    def template() -> dict[str, object]:
        deployment = namespace.api.get("Deployment", "embedder")
        assert deployment is not None
        spec: dict[str, object] = deployment["spec"]["template"]["spec"]
        return spec

    wait_until("the selector is gone", lambda: "nodeSelector" not in template())


def test_it_is_scaled_by_its_scale_subresource(namespace: OperatedNamespace) -> None:
    namespace.create_model_server()
    deployed(namespace)

    namespace.api.patch("LLMServer", "embedder", {"spec": {"replicas": 3}}, "scale")

    wait_until("it is scaled", lambda: (namespace.api.get("Deployment", "embedder") or {})["spec"]["replicas"] == 3)


def test_several_replicas_by_load_have_an_autoscaler_and_a_budget(namespace: OperatedNamespace) -> None:
    namespace.create_model_server(**LLAMACPP, autoscaling={"minReplicas": 2, "maxReplicas": 4})

    kinds = {
        "Deployment",
        "Service",
        "NetworkPolicy",
        "PodDisruptionBudget",
        "HorizontalPodAutoscaler",
    }
    wait_until("its children are there", lambda: children(namespace) == {(kind, "embedder") for kind in kinds})


def test_a_volume_that_is_retained_serves_the_next_server_of_its_name(namespace: OperatedNamespace) -> None:
    server = LLAMACPP | {"cache": {"deletionPolicy": "Retain"}}
    namespace.create_model_server(**server)
    deployed(namespace)
    namespace.api.delete("LLMServer", "embedder")
    namespace.wait_until_gone("LLMServer", "embedder")
    namespace.jobs.collect_garbage()
    kept = namespace.api.get("PersistentVolumeClaim", "embedder")
    assert kept is not None

    namespace.create_model_server(**server)

    deployed(namespace)
    assert [name for kind, name in children(namespace) if kind == "PersistentVolumeClaim"] == ["embedder"]
    again = namespace.api.get("PersistentVolumeClaim", "embedder") or {}
    assert again["metadata"]["uid"] == kept["metadata"]["uid"]


def test_somebody_elses_volume_is_not_taken_over(namespace: OperatedNamespace) -> None:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    namespace.api.create(
        {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "embedder"}, "spec": spec}
    )

    namespace.create_model_server(**LLAMACPP, cache={"deletionPolicy": "Retain"})

    found = namespace.wait_for_condition("LLMServer", "embedder", "Ready", "False", "Refused")
    assert "does not belong to" in found["message"]


def test_what_the_autoscaler_decided_is_left_as_it_is(namespace: OperatedNamespace) -> None:
    namespace.create_model_server(**LLAMACPP, autoscaling={"maxReplicas": 4})
    deployed(namespace)

    namespace.api.patch("Deployment", "embedder", {"spec": {"replicas": 3}}, "scale")
    namespace.jobs.serve("embedder")

    namespace.wait_for_condition("LLMServer", "embedder", "Ready", "True")
    assert (namespace.api.get("Deployment", "embedder") or {})["spec"]["replicas"] == 3


def test_an_autoscaler_that_is_no_longer_asked_for_goes(namespace: OperatedNamespace) -> None:
    namespace.create_model_server(**LLAMACPP, autoscaling={"maxReplicas": 4})
    deployed(namespace)

    namespace.api.patch("LLMServer", "embedder", {"spec": {"autoscaling": None}})

    def kinds() -> set[str]:
        return {kind for kind, _ in children(namespace)}

    wait_until("it is gone", lambda: not kinds() & {"HorizontalPodAutoscaler", "PodDisruptionBudget"})
