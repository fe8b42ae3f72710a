from typing import Any

import pytest

from kubelore.resources.base import ResourceKey
from kubelore.resources.llm_server import LLMServer, LLMServerStatus
from kubelore_operator.manifests.metadata import Manifest
from kubelore_operator.reconcile.llm_server import reconcile
from kubelore_operator.reconcile.observed import Deployment, Ended, LLMServerWorld, Pod, Waiting
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


def with_pod(**fields: Any) -> Plan:
    pod = Pod(**{"name": "embedder-1", "phase": "Pending", **fields})
    return reconcile(llm_server(), LLMServerWorld(STARTING, (pod,)), context())


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
    ("pod", "words"),
    [
        (
            {"unschedulable": "0/3 nodes are available: 3 Insufficient nvidia.com/gpu."},
            ("fits on no node", "Insufficient nvidia.com/gpu"),
        ),
        ({"waiting": waiting("ImagePullBackOff", "not found")}, ("can't be pulled", "not found", "pull secret")),
        ({"waiting": waiting("ErrImageNeverPull", "absent")}, ("can't be pulled", "absent")),
        (
            {"waiting": waiting("CreateContainerConfigError", 'secret "key" not found')},
            ('secret "key" not found', "create what is missing"),
        ),
        (
            {"waiting": waiting("CrashLoopBackOff"), "last_crash": Ended(2, "Error", "MODEL_CORRUPT", NOON)},
            ("crashes", "exit code 2 MODEL_CORRUPT", "kubectl logs embedder-1"),
        ),
        (
            {"waiting": waiting("CrashLoopBackOff"), "last_crash": Ended(137, "OOMKilled", "", NOON)},
            ("more memory", "spec.resources.limits.memory"),
        ),
        ({"waiting": waiting("CrashLoopBackOff"), "restarts": 4}, ("4 restarts",)),
    ],
)
def test_a_server_that_does_not_start_says_what_to_do(pod: dict[str, Any], words: tuple[str, ...]) -> None:
    status, reason, text = condition_of(with_pod(**pod))

    assert (status, reason) == ("False", "PodsNotReady")
    assert [word for word in words if word not in text] == []


def test_a_server_whose_model_is_fetched_says_so() -> None:
    plan = with_pod(is_initializing=True)

    assert condition_of(plan)[1] == "ModelFetching"
    assert condition_of(plan, "ModelAvailable")[:2] == ("False", "ModelFetching")


def test_a_server_whose_pods_may_not_be_made_says_why() -> None:
    stuck = Deployment(up_to_date=True, failure='pods "embedder-1" is forbidden: exceeded quota')

    assert "exceeded quota" in condition_of(reconcile(llm_server(), LLMServerWorld(stuck), context()))[2]


def test_a_server_whose_pods_go_does_not_complain_about_them() -> None:
    assert condition_of(with_pod(is_deleting=True, waiting=waiting("CrashLoopBackOff")))[1] == "Deploying"


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


def test_a_new_pod_does_not_wait_for_the_device_that_the_old_one_holds() -> None:
    plan = reconcile(llm_server(accelerator={"count": 1}), EMPTY, context())

    assert plan.apply[-1]["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 0, "maxUnavailable": 1}


def test_without_a_device_a_new_pod_answers_before_the_old_one_goes() -> None:
    plan = reconcile(llm_server(), EMPTY, context())

    assert plan.apply[-1]["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}


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
    (rule,) = deployed(llamacpp())["spec"]["template"]["spec"]["topologySpreadConstraints"]

    assert (rule["topologyKey"], rule["whenUnsatisfiable"]) == ("kubernetes.io/hostname", "ScheduleAnyway")
    assert rule["labelSelector"] == {"matchLabels": deployed(llamacpp())["spec"]["selector"]["matchLabels"]}


def test_pods_spread_as_the_resource_says() -> None:
    rule = {"maxSkew": 2, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}

    template = deployed(llamacpp(topologySpreadConstraints=[rule]))["spec"]["template"]

    assert template["spec"]["topologySpreadConstraints"] == [rule]


def test_one_pod_of_several_may_be_drained_at_a_time() -> None:
    budget = child("PodDisruptionBudget", llamacpp(replicas=2))

    assert budget is not None
    assert budget["spec"]["maxUnavailable"] == 1
    assert child("PodDisruptionBudget", llamacpp()) is None


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
