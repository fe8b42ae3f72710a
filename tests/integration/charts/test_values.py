"""What the chart takes, and what it says of what it doesn't."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from kubelore_operator.settings import OperatorSettings
from support.helm import CHART, STORES, Helm, named, of_kind
from testcluster.errors import ClusterError

REPOSITORY = CHART.parents[1]

EVERYTHING: dict[str, Any] = {
    **STORES,
    "image": {"registry": "registry.example/lore", "tag": "1.2.3", "pullPolicy": "Always"},
    "imagePullSecrets": [{"name": "registry"}],
    "watchNamespaces": ["team-a", "team-b"],
    "namespaces": ["team-a", "team-b"],
    "operator": {
        "engineImages": {"ollama": "registry.example/ollama:1", "llamacppCuda": "registry.example/llamacpp:cuda"},
        "extraEnv": [{"name": "HTTPS_PROXY", "value": "http://proxy"}],
        "nodeSelector": {"role": "system"},
    },
    "gateway": {
        "replicas": 3,
        "apiKeySecret": "gateway-key",
        "oidc": {"issuer": "https://issuer.example", "audience": "kubelore"},
        "modelKeysSecret": "model-keys",
        "databaseSecret": "gateway-database",
        "conversationDays": 90,
        "shutdownSeconds": 30,
        "redisSecret": "gateway-redis",
        "limits": {"requestsPerMinute": 600, "tokensPerMinute": 100000, "concurrentRequests": 8},
        "service": {"type": "LoadBalancer", "port": 8443},
        "tolerations": [{"key": "system", "operator": "Exists"}],
    },
    "networkPolicy": {"gatewayFrom": [{"namespaceSelector": {"matchLabels": {"team": "a"}}}]},
}

BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"image": {"pullPolicy": "Sometimes"}}, "/image/pullPolicy", "one of 'Always', 'IfNotPresent', 'Never'"),
    ({"image": {"tags": "1"}}, "/image", "'tags' not allowed"),
    ({"imagePullSecrets": ["registry"]}, "/imagePullSecrets/0", "want object"),
    ({"namespaces": ["Team_A"]}, "/namespaces/0", "does not match pattern"),
    ({"namespaces": ["a", "a"]}, "/namespaces", "equal"),
    ({"watchNamespaces": "team-a"}, "/watchNamespaces", "want array"),
    ({"storage": {"objectStore": {"url": "minio:9000"}}}, "/storage/objectStore/url", "does not match pattern"),
    ({"storage": {"objectStore": {"url": "http://minio"}}}, "/storage/objectStore/url", "does not match pattern"),
    ({"storage": {"vectorStore": {"uri": "milvus"}}}, "/storage/vectorStore/uri", "does not match pattern"),
    ({"storage": {"vectorStore": {"url": "http://milvus"}}}, "/storage/vectorStore", "'url' not allowed"),
    ({"storage": {"existingSecret": "My Secret"}}, "/storage/existingSecret", "does not match pattern"),
    ({"crds": {"install": "yes"}}, "/crds/install", "want boolean"),
    ({"operator": {"replicas": 2}}, "/operator", "'replicas' not allowed"),
    ({"operator": {"extraEnv": [{"value": "x"}]}}, "/operator/extraEnv/0", "'name'"),
    ({"operator": {"engineImages": {"lamacpp": "x"}}}, "/operator/engineImages", "'lamacpp' not allowed"),
    ({"ingest": {"resources": {}}}, "/ingest", "'resources' not allowed"),
    ({"embedder": {"image": ""}}, "/embedder/image", "minLength"),
    ({"gateway": {"replicas": -1}}, "/gateway/replicas", "want 0"),
    ({"gateway": {"service": {"type": "Ingress"}}}, "/gateway/service/type", "one of 'ClusterIP'"),
    ({"gateway": {"service": {"port": 70000}}}, "/gateway/service/port", "want 65,535"),
    ({"gateway": {"allowAnonymous": "yes"}}, "/gateway/allowAnonymous", "want boolean"),
    ({"gateway": {"oidc": {"issuer": "issuer.example"}}}, "/gateway/oidc/issuer", "does not match pattern"),
    ({"gateway": {"oidc": {"algorithms": ["none"]}}}, "/gateway/oidc/algorithms/0", "one of 'RS256'"),
    ({"gateway": {"limits": {"requests": 1}}}, "/gateway/limits", "'requests' not allowed"),
    ({"gateway": {"conversationDays": -1}}, "/gateway/conversationDays", "want 0"),
    ({"networkPolicy": {"enabled": 1}}, "/networkPolicy/enabled", "want boolean"),
    ({"gatway": {}}, "", "'gatway' not allowed"),
]


@pytest.mark.parametrize("values", [STORES, EVERYTHING], ids=["least", "everything"])
def test_the_chart_has_nothing_to_complain_about(helm: Helm, values: dict[str, Any]) -> None:
    assert "0 chart(s) failed" in helm.lint(values)


@pytest.mark.parametrize(("values", "place", "reason"), BAD, ids=[f"{place}-{reason}" for _, place, reason in BAD])
def test_a_bad_value_is_refused_by_its_name(helm: Helm, values: dict[str, Any], place: str, reason: str) -> None:
    with pytest.raises(ClusterError) as refusal:
        helm.template({**STORES, **values})
    assert f"at '{place}'" in str(refusal.value)
    assert reason in str(refusal.value)


@pytest.mark.parametrize(
    ("values", "missing"),
    [
        ({"storage": {"vectorStore": STORES["storage"]["vectorStore"]}}, "storage.objectStore.url must be set"),
        ({"storage": {"objectStore": STORES["storage"]["objectStore"]}}, "storage.vectorStore.uri must be set"),
    ],
)
def test_a_store_that_is_left_out_is_asked_for(helm: Helm, values: dict[str, Any], missing: str) -> None:
    with pytest.raises(ClusterError, match=missing):
        helm.template(values)


def test_an_issuer_without_an_audience_is_asked_for_one(helm: Helm) -> None:
    with pytest.raises(ClusterError, match=r"gateway\.oidc\.audience must be set"):
        helm.template({**STORES, "gateway": {"oidc": {"issuer": "https://issuer.example"}}})


@pytest.mark.parametrize(("values", "opened"), [({}, False), ({"allowAnonymous": True}, True)])
def test_the_gateway_is_closed_unless_it_is_opened(helm: Helm, values: dict[str, Any], *, opened: bool) -> None:
    text = yaml.safe_dump(helm.template({**STORES, "gateway": values}))
    assert ("KUBELORE_ALLOW_ANONYMOUS" in text) is opened


def test_the_kubelet_waits_longer_than_the_gateway_lets_answers_end(helm: Helm) -> None:
    deployments = of_kind(helm.template(EVERYTHING), "Deployment")
    pod = next(each for each in deployments if each["metadata"]["name"] == "kubelore-gateway")["spec"]["template"][
        "spec"
    ]
    assert {"name": "KUBELORE_SHUTDOWN_SECONDS", "value": "30"} in pod["containers"][0]["env"]
    assert pod["terminationGracePeriodSeconds"] == 40


def test_a_secret_of_the_users_own_takes_the_place_of_the_charts(helm: Helm) -> None:
    manifests = helm.template({"storage": {"existingSecret": "our-stores"}})
    assert of_kind(manifests, "Secret") == []
    assert "our-stores" in yaml.safe_dump(of_kind(manifests, "Deployment"))


def test_each_namespace_gets_what_its_jobs_need(helm: Helm) -> None:
    manifests = helm.template(EVERYTHING)
    assert {"team-a/kubelore-storage", "team-b/kubelore-storage"} <= set(named(manifests, "Secret"))
    assert {"team-a/kubelore-ingest", "team-b/kubelore-ingest"} <= set(named(manifests, "ServiceAccount"))
    assert {"team-a/kubelore-ingest", "team-b/kubelore-ingest"} <= set(named(manifests, "NetworkPolicy"))


def test_policies_can_be_left_to_somebody_else(helm: Helm) -> None:
    assert of_kind(helm.template({**STORES, "networkPolicy": {"enabled": False}}), "NetworkPolicy") == []


def test_the_images_come_from_the_given_registry(helm: Helm) -> None:
    container = only_container(helm, EVERYTHING, "kubelore-gateway")
    assert container["image"] == "registry.example/lore/kubelore/api:1.2.3"
    assert container["imagePullPolicy"] == "Always"


def test_the_operator_is_told_which_images_engines_run(helm: Helm) -> None:
    images = engine_images(helm, EVERYTHING)
    assert images == {
        "ollama_image": "registry.example/ollama:1",
        "llamacpp_cuda_image": "registry.example/llamacpp:cuda",
    }
    assert images.keys() < OperatorSettings.model_fields.keys()
    assert engine_images(helm, STORES) == {}


def engine_images(helm: Helm, values: dict[str, Any]) -> dict[str, str]:
    """Return the images of engines that aren't left to the operator, by its settings' names."""
    variables = only_container(helm, values, "kubelore-operator")["env"]
    images = {
        variable["name"].removeprefix("KUBELORE_OPERATOR_").lower(): variable.get("value", "")
        for variable in variables
        if variable["name"].endswith("_IMAGE")
    }
    return {name: image for name, image in images.items() if name not in {"job_image", "embedder_image"}}


def only_container(helm: Helm, values: dict[str, Any], deployment: str) -> dict[str, Any]:
    manifests = of_kind(helm.template(values), "Deployment")
    (found,) = (manifest for manifest in manifests if manifest["metadata"]["name"] == deployment)
    (container,) = found["spec"]["template"]["spec"]["containers"]
    typed: dict[str, Any] = container
    return typed


def test_the_chart_brings_the_crds_as_they_are_generated(helm: Helm) -> None:
    written = {path.name: path.read_text(encoding="utf-8") for path in _yaml_files(REPOSITORY / "crds")}
    packed = {path.name: path.read_text(encoding="utf-8") for path in _yaml_files(CHART / "files" / "crds")}
    assert packed == written
    assert len(of_kind(helm.template(STORES), "CustomResourceDefinition")) == len(written) == 3


def test_the_crds_can_be_installed_apart(helm: Helm) -> None:
    assert of_kind(helm.template({**STORES, "crds": {"install": False}}), "CustomResourceDefinition") == []


def _yaml_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.yaml"))
