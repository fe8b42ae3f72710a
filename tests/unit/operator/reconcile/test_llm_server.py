from datetime import timedelta
from typing import Any

import pytest

from kubelore.documents.record import Failure
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.jobs.model_fetch import FetchEnd, ModelDigest, ModelProgress
from kubelore.resources.base import ResourceKey
from kubelore.resources.llm_server import LLMServer, LLMServerStatus
from kubelore_operator.manifests.metadata import Manifest
from kubelore_operator.reconcile.llm_server import reconcile
from kubelore_operator.reconcile.observed import Crash, Deployment, Ended, LLMServerWorld, Pod, Unready, Waiting
from kubelore_operator.reconcile.plan import Plan
from support.builders import NAMESPACE, llm_server
from support.operator_plans import NOON, context

EMPTY = LLMServerWorld()
SETTLED = Deployment(up_to_date=True, replicas=1, updated=1, ready=1)
STARTING = Deployment(up_to_date=True, replicas=1, updated=1)


def written(plan: Plan) -> LLMServerStatus:
    assert isinstance(plan.status, LLMServerStatus)
    return plan.status


def condition_of(plan: Plan, kind: str = "Ready") -> tuple[str, str, str]:
    condition = written(plan).condition(kind)
    assert condition is not None
    return condition.status, condition.reason, condition.message


def a_pod(**fields: Any) -> Pod:
    return Pod(**{"name": "embedder-1", "phase": "Pending", **fields})


def with_pod(**fields: Any) -> Plan:
    return reconcile(llm_server(), LLMServerWorld(STARTING, (a_pod(**fields),)), context())


def crash(message: str = "", code: int = 2, reason: str = "Error", **fields: Any) -> Crash:
    return Crash(**{"container": "embedder", "ended": Ended(code, reason, message, NOON), "restarts": 2, **fields})


def fetch_failed(code: ErrorCode, detail: str = "") -> Crash:
    failure = Failure.from_error("model", KubeloreError(code, "https://models.example/tiny.gguf", detail))
    return crash(FetchEnd(failure=failure).to_json(), 42, container="fetch-model", restarts=0)


def waiting(reason: str, text: str = "") -> Waiting:
    return Waiting("embedder", reason, text)


def test_a_server_that_answers_is_ready_at_its_service() -> None:
    plan = reconcile(llm_server(), LLMServerWorld(SETTLED), context())

    assert condition_of(plan)[:2] == ("True", "Ready")
    assert condition_of(plan, "ModelAvailable")[:2] == ("True", "ModelLoaded")
    assert condition_of(plan, "Progressing")[:2] == ("False", "UpToDate")
    assert written(plan).endpoint == "http://embedder.team-a.svc/v1"
    assert (written(plan).replicas, written(plan).ready_replicas) == (1, 1)


def test_a_server_tells_the_scale_subresource_how_its_pods_are_found() -> None:
    plan = reconcile(llm_server(), EMPTY, context())

    deployment = plan.apply[-1]
    labels = deployment["spec"]["selector"]["matchLabels"]
    assert written(plan).selector == ",".join(f"{name}={value}" for name, value in labels.items())


def test_a_server_that_answers_stays_ready_while_it_changes() -> None:
    changing = Deployment(up_to_date=False, replicas=2, updated=1, ready=1)

    plan = reconcile(llm_server(replicas=2), LLMServerWorld(changing), context())

    assert condition_of(plan)[0] == "True"
    assert condition_of(plan, "Progressing")[0] == "True"


def test_a_server_that_answers_stays_ready_when_a_change_is_refused() -> None:
    plan = reconcile(llm_server(), LLMServerWorld(SETTLED), context(refusal="field is immutable"))

    assert condition_of(plan)[0] == "True"
    assert condition_of(plan, "Progressing") == ("False", "Refused", "field is immutable")


def test_a_server_that_was_never_accepted_says_why() -> None:
    plan = reconcile(llm_server(), EMPTY, context(refusal="Service team-a/embedder: the resource exists already"))

    assert condition_of(plan)[:2] == ("False", "Refused")


def test_a_server_of_no_replicas_is_not_ready() -> None:
    plan = reconcile(llm_server(replicas=0), LLMServerWorld(Deployment(up_to_date=True)), context())

    assert condition_of(plan)[:2] == ("False", "ScaledToZero")
    assert condition_of(plan, "Progressing")[0] == "False"


@pytest.mark.parametrize(
    ("pod", "reason", "words"),
    [
        (
            {"unschedulable": "0/3 nodes are available: 3 Insufficient nvidia.com/gpu."},
            "Unschedulable",
            ("not enough nvidia.com/gpu", "0/3 nodes are available"),
        ),
        (
            {"unschedulable": "0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient memory."},
            "Unschedulable",
            ("not enough cpu, memory",),
        ),
        (
            {"unschedulable": 'persistentvolumeclaim "kept" not found'},
            "Unschedulable",
            ("claim kept does not exist", "create it"),
        ),
        ({"unschedulable": "1 node(s) had untolerated taint"}, "Unschedulable", ("untolerated taint", "ask for less")),
        (
            {"waiting": waiting("ImagePullBackOff", "not found")},
            "ImagePullFailed",
            ("can't be pulled", "not found", "pull secret"),
        ),
        ({"waiting": waiting("ErrImageNeverPull", "absent")}, "ImagePullFailed", ("can't be pulled", "absent")),
        (
            {"waiting": waiting("CreateContainerConfigError", 'secret "key" not found')},
            "ContainerNotStarted",
            ('secret "key" not found', "create what is missing"),
        ),
        (
            {"waiting": waiting("CrashLoopBackOff"), "crash": crash("no such file", restarts=1)},
            "CrashLoop",
            ("crashes", "exit code 2: no such file", "kubectl logs embedder-1 -c embedder --previous"),
        ),
        ({"crash": crash("HF_TOKEN=hf_abc", restarts=2)}, "CrashLoop", ("HF_TOKEN=[hidden]",)),
        ({"crash": crash("", 137, restarts=2)}, "CrashLoop", ("killed from outside", "liveness probe")),
        ({"waiting": waiting("CrashLoopBackOff", "back-off 10s")}, "CrashLoop", ("back-off 10s",)),
        (
            {"crash": crash("", 137, "OOMKilled", restarts=1)},
            "OutOfMemory",
            ("container embedder", "more memory", "spec.resources.limits.memory"),
        ),
        ({"crash": crash("segmentation fault", container="fetch-model")}, "ModelFetchFailed", ("segmentation fault",)),
        (
            {"crash": crash("pulling\nError: pull model manifest: file does not exist\n", container="fetch-model")},
            "ModelMissing",
            ("pull model manifest: file does not exist", "spec.model.source.ollama"),
        ),
        (
            {"crash": crash("Error: max retries exceeded: no such host", container="fetch-model")},
            "ModelFetchFailed",
            ("no such host", "the network"),
        ),
        (
            {"crash": fetch_failed(ErrorCode.MODEL_SOURCE_NOT_FOUND, "404")},
            "ModelMissing",
            ("not at its source", "https://models.example/tiny.gguf", "spec.model.source"),
        ),
        ({"crash": fetch_failed(ErrorCode.NO_SPACE)}, "ModelFetchFailed", ("too small", "spec.cache.size")),
    ],
)
def test_a_server_that_does_not_start_says_what_to_do(pod: dict[str, Any], reason: str, words: tuple[str, ...]) -> None:
    status, found, text = condition_of(with_pod(**pod))

    assert (status, found) == ("False", reason)
    assert [word for word in words if word not in text] == []


def test_a_first_crash_may_be_the_last() -> None:
    assert condition_of(with_pod(crash=crash(restarts=1)))[1] == "Deploying"


def test_a_pod_that_answers_again_has_no_trouble() -> None:
    assert condition_of(with_pod(crash=crash(restarts=5), is_ready=True), "Progressing")[1] == "Deploying"


@pytest.mark.parametrize("code", [ErrorCode.MODEL_SOURCE_NOT_FOUND, ErrorCode.MODEL_GATED])
def test_a_model_that_can_not_be_fetched_is_not_available(code: ErrorCode) -> None:
    ready = condition_of(with_pod(crash=fetch_failed(code)))

    assert condition_of(with_pod(crash=fetch_failed(code)), "ModelAvailable") == ready


def test_a_server_whose_model_is_fetched_says_so() -> None:
    plan = with_pod(is_fetching=True)

    assert condition_of(plan)[1] == "ModelFetching"
    assert condition_of(plan, "ModelAvailable")[:2] == ("False", "ModelFetching")


def unready(seconds: float, **fields: Any) -> dict[str, Any]:
    since = NOON - timedelta(seconds=seconds)
    return {"unready": Unready(**{"container": "embedder", "since": since, "has_started": True, **fields})}


def test_a_server_that_loads_its_model_is_looked_at_again_in_time() -> None:
    plan = with_pod(**unready(20))

    assert condition_of(plan)[1] == "ModelLoading"
    assert plan.requeue == 40


@pytest.mark.parametrize(
    "pod",
    [unready(60), unready(600, has_started=False), unready(0, was_ready=True)],
    ids=["it never answered", "its model is never loaded", "it stopped to answer"],
)
def test_a_server_that_runs_and_does_not_answer_says_what_is_asked_of_it(pod: dict[str, Any]) -> None:
    plan = with_pod(**pod)

    assert condition_of(plan)[1] == "ProbeFailing"
    assert "GET /readyz" in condition_of(plan)[2]
    assert plan.requeue is None


def test_a_large_model_may_be_loaded_for_long() -> None:
    assert condition_of(with_pod(**unready(300, has_started=False)))[1] == "ModelLoading"


def test_a_server_over_its_quota_says_so() -> None:
    stuck = Deployment(up_to_date=True, failure='pods "embedder-1" is forbidden: exceeded quota: gpus')

    for plan in (
        reconcile(llm_server(), LLMServerWorld(stuck), context()),
        reconcile(llm_server(), EMPTY, context(refusal="PersistentVolumeClaim x: exceeded quota: storage")),
    ):
        assert condition_of(plan)[:2] == ("False", "QuotaExceeded")
        assert "ask for less, or have the namespace's quota raised" in condition_of(plan)[2]


def test_a_server_whose_pods_may_not_be_made_says_why() -> None:
    stuck = Deployment(up_to_date=True, failure='pods "embedder-1" is forbidden: violates PodSecurity')

    assert condition_of(reconcile(llm_server(), LLMServerWorld(stuck), context()))[1:] == ("Refused", stuck.failure)


def fetching(log: str, status: dict[str, Any] | None = None, seconds_since_status: float = 100) -> Plan:
    world = LLMServerWorld(STARTING, (a_pod(is_fetching=True),), fetch_log=log)
    return reconcile(llamacpp(status=status), world, context(seconds_since_status=seconds_since_status))


def test_the_progress_of_a_fetch_is_shown_in_numbers_and_in_words() -> None:
    plan = fetching(ModelProgress(bytes_done=2_115_000_000, bytes_total=4_700_000_000, rate=12_300_000).to_json())

    model = written(plan).model
    assert (model.bytes_done, model.bytes_total, model.bytes_per_second) == (2_115_000_000, 4_700_000_000, 12_300_000)
    assert model.progress == "45% of 4.7 GB, 12.3 MB/s"
    assert plan.requeue == 5


def test_a_fetch_of_unknown_size_tells_what_it_has() -> None:
    assert written(fetching(ModelProgress(bytes_done=2048).to_json())).model.progress == "2.05 kB"


def test_progress_is_not_written_more_often_than_every_five_seconds() -> None:
    before = written(fetching(ModelProgress(bytes_done=1).to_json())).to_manifest()
    further = ModelProgress(bytes_done=2).to_json()

    assert fetching(further, before, seconds_since_status=3).status is None
    assert fetching(further, before, seconds_since_status=3).requeue == 2
    assert written(fetching(further, before, seconds_since_status=5)).model.bytes_done == 2


def test_a_pod_more_that_changes_nothing_else_is_told_after_a_while() -> None:
    none_yet = LLMServerWorld(Deployment(up_to_date=True))
    before = written(reconcile(llm_server(), none_yet, context())).to_manifest()

    def starting(seconds_since_status: float) -> Plan:
        pod_is_made = LLMServerWorld(Deployment(up_to_date=True, replicas=1))
        return reconcile(llm_server(status=before), pod_is_made, context(seconds_since_status=seconds_since_status))

    assert starting(3).status is None
    assert starting(3).requeue == 2
    assert written(starting(5)).replicas == 1


def test_a_log_that_says_nothing_keeps_the_progress() -> None:
    before = written(fetching(ModelProgress(bytes_done=1).to_json())).to_manifest()

    assert fetching("", before).status is None


def test_a_model_that_was_fetched_has_a_digest() -> None:
    end = FetchEnd(model=ModelDigest(path="tiny.gguf", sha256="a" * 64, bytes=7)).to_json()

    plan = reconcile(llamacpp(), LLMServerWorld(STARTING, (a_pod(fetched=end),)), context())

    model = written(plan).model
    assert (model.digest, model.bytes_done, model.progress) == (f"sha256:{'a' * 64}", 7, "100%")


def test_the_digest_is_that_of_the_model_that_answers() -> None:
    old, new = (FetchEnd(model=ModelDigest(path="x", sha256=sign * 64, bytes=7)).to_json() for sign in "ab")
    pods = (a_pod(fetched=new), a_pod(fetched=old, is_ready=True))

    plan = reconcile(llamacpp(), LLMServerWorld(SETTLED, pods), context())

    assert written(plan).model.digest == f"sha256:{'a' * 64}"


def test_a_server_whose_pods_go_does_not_complain_about_them() -> None:
    assert condition_of(with_pod(is_deleting=True, crash=crash()))[1] == "Deploying"


def test_an_endpoint_elsewhere_is_ready_and_runs_nothing() -> None:
    external = llm_server(engine="external", external={"baseURL": "https://api.example/v1/"})
    service = ResourceKey("Service", NAMESPACE, "embedder")

    plan = reconcile(external, LLMServerWorld(children=(service,)), context())

    assert condition_of(plan)[:2] == ("True", "ExternalEndpoint")
    assert written(plan).endpoint == "https://api.example/v1"
    assert (plan.apply, plan.delete) == ((), (service,))


def test_children_of_an_earlier_engine_go() -> None:
    claim = ResourceKey("PersistentVolumeClaim", NAMESPACE, "embedder")
    service = ResourceKey("Service", NAMESPACE, "embedder")

    assert reconcile(llm_server(), LLMServerWorld(children=(claim, service)), context()).delete == (claim,)


def test_a_server_that_is_being_deleted_is_left_to_the_garbage_collector() -> None:
    assert reconcile(llm_server(meta={"deletionTimestamp": NOON}), EMPTY, context()) == Plan()


def test_an_ollama_tag_is_served_under_the_name_that_clients_ask_for() -> None:
    server = llm_server(
        engine="ollama", serves=["chat"], model={"name": "qwen", "source": {"ollama": {"tag": "qwen3:4b"}}}
    )

    (deployment,) = (child for child in reconcile(server, EMPTY, context()).apply if child["kind"] == "Deployment")

    pod = deployment["spec"]["template"]["spec"]
    fetching = {entry["name"]: entry.get("value") for entry in pod["initContainers"][0]["env"]}
    assert (fetching["PULL_TAG"], fetching["MODEL_NAME"]) == ("qwen3:4b", "qwen")
    assert pod["containers"][0]["readinessProbe"]["exec"]["command"] == ["ollama", "show", "qwen"]


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ({"tag": "qwen3"}, "registry.ollama.ai/library/qwen3/latest"),
        ({"tag": "qwen3:4b"}, "registry.ollama.ai/library/qwen3/4b"),
        ({"tag": "team/qwen3:4b", "registry": "models.example:5000"}, "models.example:5000/team/qwen3/4b"),
        ({"tag": "hf.co/owner/qwen3:Q4"}, "hf.co/owner/qwen3/Q4"),
    ],
)
def test_ollama_finds_the_manifest_whose_digest_it_tells(source: dict[str, str], path: str) -> None:
    model = {"name": "qwen", "source": {"ollama": source}}

    pod = deployed(llm_server(engine="ollama", serves=["chat"], model=model))["spec"]["template"]["spec"]

    assert {"name": "PULL_MANIFEST", "value": path} in pod["initContainers"][0]["env"]


def llamacpp(**spec: Any) -> LLMServer:
    model = {"name": "tiny", "source": {"http": {"url": "https://models.example/tiny.gguf"}}}
    return llm_server("tiny", **({"engine": "llamacpp", "serves": ["chat"], "model": model} | spec))


def child(kind: str, server: LLMServer) -> Manifest | None:
    return next((found for found in reconcile(server, EMPTY, context()).apply if found["kind"] == kind), None)


def deployed(server: LLMServer) -> Manifest:
    found = child("Deployment", server)
    assert found is not None
    return found


def test_pods_prefer_nodes_without_another_of_them() -> None:
    server = llamacpp(replicas=2)
    (rule,) = deployed(server)["spec"]["template"]["spec"]["topologySpreadConstraints"]

    assert (rule["topologyKey"], rule["whenUnsatisfiable"]) == ("kubernetes.io/hostname", "ScheduleAnyway")
    assert rule["labelSelector"] == {"matchLabels": deployed(server)["spec"]["selector"]["matchLabels"]}


def test_pods_spread_as_the_resource_says() -> None:
    rule = {"maxSkew": 2, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}

    template = deployed(llamacpp(replicas=2, topologySpreadConstraints=[rule]))["spec"]["template"]

    assert template["spec"]["topologySpreadConstraints"] == [rule]


def test_one_pod_of_several_may_be_drained_at_a_time() -> None:
    budget = child("PodDisruptionBudget", llamacpp(replicas=2))

    assert budget is not None
    assert budget["spec"]["maxUnavailable"] == 1
    assert child("PodDisruptionBudget", llamacpp()) is None


def volume_of(server: LLMServer) -> Manifest:
    volumes: list[Manifest] = deployed(server)["spec"]["template"]["spec"]["volumes"]
    return next(volume for volume in volumes if volume["name"] == "models")


@pytest.mark.parametrize("engine", ["llamacpp", "ollama"])
def test_each_of_several_replicas_has_a_volume_of_its_own(engine: str) -> None:
    server = llamacpp(replicas=2) if engine == "llamacpp" else llm_server("tiny", engine="ollama", replicas=2)

    template = volume_of(server)["ephemeral"]["volumeClaimTemplate"]["spec"]
    assert (template["accessModes"], template["resources"]) == (["ReadWriteOnce"], {"requests": {"storage": "20Gi"}})
    assert child("PersistentVolumeClaim", server) is None


def test_replicas_share_a_volume_that_many_nodes_can_have() -> None:
    server = llamacpp(replicas=2, cache={"accessMode": "ReadWriteMany"})

    assert volume_of(server)["persistentVolumeClaim"] == {"claimName": "tiny"}
    assert child("PersistentVolumeClaim", server) is not None


def test_pods_that_pass_a_volume_on_are_on_one_node() -> None:
    mine = {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "zone"}]}}

    affinity = deployed(llamacpp(affinity=mine))["spec"]["template"]["spec"]["affinity"]

    zone, node = affinity["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert (zone["topologyKey"], node["topologyKey"]) == ("zone", "kubernetes.io/hostname")
    assert "affinity" not in deployed(llamacpp(replicas=2))["spec"]["template"]["spec"]


@pytest.mark.parametrize(
    ("spec", "surge"),
    [
        ({}, 1),
        ({"accelerator": {"count": 1}}, 0),
        ({"accelerator": {"count": 1}, "surge": True}, 1),
        ({"surge": False}, 0),
        ({"resourceClaims": [{"name": "gpu", "resourceClaimTemplateName": "one-gpu"}]}, 0),
    ],
)
def test_the_old_pod_answers_until_the_new_one_does(spec: dict[str, Any], surge: int) -> None:
    strategy = deployed(llamacpp(**spec))["spec"]["strategy"]["rollingUpdate"]

    assert strategy == {"maxSurge": surge, "maxUnavailable": 1 - surge}


def test_a_server_may_use_the_devices_of_its_claims() -> None:
    claims = [
        {"name": "gpu", "resourceClaimTemplateName": "one-gpu"},
        {"name": "net", "resourceClaimName": "shared-nic"},
    ]

    pod = deployed(llamacpp(resourceClaims=claims))["spec"]["template"]["spec"]

    assert pod["resourceClaims"] == claims
    assert pod["containers"][0]["resources"]["claims"] == [{"name": "gpu"}, {"name": "net"}]
    assert "claims" not in pod["initContainers"][0]["resources"]


def test_a_volume_that_is_retained_belongs_to_nobody() -> None:
    retained = child("PersistentVolumeClaim", llamacpp(cache={"deletionPolicy": "Retain"}))
    deleted = child("PersistentVolumeClaim", llamacpp())

    assert retained is not None
    assert deleted is not None
    assert "ownerReferences" not in retained["metadata"]
    assert deleted["metadata"]["ownerReferences"][0]["name"] == "tiny"


def test_a_volume_that_is_retained_outlives_its_engine() -> None:
    claim = ResourceKey("PersistentVolumeClaim", NAMESPACE, "embedder")
    server = llm_server(cache={"deletionPolicy": "Retain"})

    assert reconcile(server, LLMServerWorld(children=(claim,)), context()).delete == ()


@pytest.mark.parametrize("engine", ["embedder", "ollama"])
def test_every_engine_scales_by_load(engine: str) -> None:
    server = llm_server(engine=engine, autoscaling={"maxReplicas": 4})

    assert child("HorizontalPodAutoscaler", server) is not None
    assert child("PodDisruptionBudget", server) is not None
    assert "replicas" not in deployed(server)["spec"]


def test_an_autoscaler_decides_how_many_pods_there_are() -> None:
    server = llamacpp(autoscaling={"minReplicas": 1, "maxReplicas": 4, "targetCpuUtilization": 60})

    scaler = child("HorizontalPodAutoscaler", server)

    assert scaler is not None
    assert scaler["spec"]["scaleTargetRef"]["name"] == deployed(server)["metadata"]["name"]
    assert (scaler["spec"]["minReplicas"], scaler["spec"]["maxReplicas"]) == (1, 4)
    assert scaler["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"] == 60
    assert "replicas" not in deployed(server)["spec"]
    assert child("PodDisruptionBudget", server) is not None


def test_what_an_autoscaler_made_of_it_is_up_to_date() -> None:
    scaled = Deployment(up_to_date=True, replicas=3, updated=3, ready=3)

    plan = reconcile(llamacpp(autoscaling={"maxReplicas": 4}), LLMServerWorld(scaled), context())

    assert condition_of(plan)[2] == "3 of 3 pods answer"
    assert condition_of(plan, "Progressing")[:2] == ("False", "UpToDate")


def test_fewer_pods_than_the_autoscalers_least_are_on_their_way() -> None:
    scaled = Deployment(up_to_date=True, replicas=1, updated=1, ready=1)

    plan = reconcile(llamacpp(autoscaling={"minReplicas": 2, "maxReplicas": 4}), LLMServerWorld(scaled), context())

    assert condition_of(plan, "Progressing")[0] == "True"


def test_an_autoscaler_that_is_no_longer_asked_for_goes() -> None:
    scaler = ResourceKey("HorizontalPodAutoscaler", NAMESPACE, "tiny")

    assert reconcile(llamacpp(), LLMServerWorld(children=(scaler,)), context()).delete == (scaler,)


def test_a_model_has_half_an_hour_to_be_loaded() -> None:
    (container,) = deployed(llamacpp())["spec"]["template"]["spec"]["containers"]

    probe = container["startupProbe"]
    assert probe["periodSeconds"] * probe["failureThreshold"] == 1800
