"""Pod specs that pass the `restricted` Pod Security Standard."""

from kubelore_operator.manifests.metadata import Manifest
from kubelore_operator.manifests.pvc import claim_spec
from kubelore_operator.workload import (
    ClaimVolume,
    ConfigMapFile,
    Container,
    DeviceClaim,
    EmptyDir,
    EnvVar,
    HttpProbe,
    ImageVolume,
    Pod,
    Probe,
    ReplicaVolume,
    Scheduling,
    SecretFolder,
    Volume,
)

PORT_NAME = "http"
_TMP = "tmp"

_SECONDS_OUT_OF_SERVICE = 5
"""A pod that ends still answers meanwhile: nodes learn a moment later than the pod that its Service leaves it out."""

_SECONDS_TO_STOP = 60
"""Those included; the requests that run have the rest of it."""

_STARTUP_PERIOD = 2
_STARTUP_FAILURES = 900
"""Half an hour: a model of hundreds of gigabytes is read from a network disk, and compiled for its accelerator."""


def pod_spec(pod: Pod) -> Manifest:
    """Write a pod: it may write to its volumes and to `/tmp`, and nowhere else."""
    spec: Manifest = {
        "automountServiceAccountToken": pod.service_account is not None,
        "enableServiceLinks": False,
        "securityContext": _pod_security(pod.run_as_user),
        "containers": [_container(pod.container, pod.image_pull_policy)],
        "volumes": [*map(_volume, pod.volumes), {"name": _TMP, "emptyDir": {}}],
        **_scheduling(pod.scheduling),
    }
    if pod.container.port is not None:
        spec["terminationGracePeriodSeconds"] = _SECONDS_TO_STOP
    if pod.init_container is not None:
        spec["initContainers"] = [_container(pod.init_container, pod.image_pull_policy)]
    if pod.device_claims:
        spec["resourceClaims"] = [_device_claim(claim) for claim in pod.device_claims]
    if pod.service_account is not None:
        spec["serviceAccountName"] = pod.service_account
    if pod.image_pull_secrets:
        spec["imagePullSecrets"] = [{"name": name} for name in pod.image_pull_secrets]
    return spec


def _device_claim(claim: DeviceClaim) -> Manifest:
    if claim.template is not None:
        return {"name": claim.name, "resourceClaimTemplateName": claim.template}
    return {"name": claim.name, "resourceClaimName": claim.claim}


def _pod_security(user: int) -> Manifest:
    context: Manifest = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    if user:
        context |= {"runAsUser": user, "runAsGroup": user, "fsGroup": user}
        context["fsGroupChangePolicy"] = "OnRootMismatch"
    return context


def _container(container: Container, pull_policy: str) -> Manifest:
    manifest: Manifest = {
        "name": container.name,
        "image": container.image,
        "imagePullPolicy": pull_policy,
        **_program(container),
        "env": [_env(variable) for variable in container.env],
        "resources": _resources(container),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            *(
                {"name": mount.volume, "mountPath": mount.path, "readOnly": mount.read_only}
                for mount in container.mounts
            ),
            {"name": _TMP, "mountPath": "/tmp"},  # noqa: S108 - a volume of the pod's own
        ],
    }
    return manifest | _optional_parts(container)


def _resources(container: Container) -> Manifest:
    claims = {"claims": [{"name": name} for name in container.device_claims]} if container.device_claims else {}
    return {**container.resources.to_manifest(), **claims}


def _program(container: Container) -> Manifest:
    parts = {"command": list(container.command), "args": list(container.args)}
    return {name: words for name, words in parts.items() if words}


def _optional_parts(container: Container) -> Manifest:
    parts: Manifest = {}
    if container.env_from:
        parts["envFrom"] = [{"secretRef": {"name": name}} for name in container.env_from]
    if container.port is not None:
        parts["ports"] = [{"name": PORT_NAME, "containerPort": container.port, "protocol": "TCP"}]
        parts["lifecycle"] = {"preStop": {"sleep": {"seconds": _SECONDS_OUT_OF_SERVICE}}}
    if container.log_tail_is_message:
        parts["terminationMessagePolicy"] = "FallbackToLogsOnError"
    return parts | _probes(container)


def _probes(container: Container) -> Manifest:
    parts: Manifest = {}
    if container.startup is not None:
        parts["startupProbe"] = _probe(container.startup, period=_STARTUP_PERIOD, failures=_STARTUP_FAILURES)
    if container.readiness is not None:
        parts["readinessProbe"] = _probe(container.readiness, period=5, failures=3)
    if container.liveness is not None:
        parts["livenessProbe"] = _probe(container.liveness, period=20, failures=6)
    return parts


def _env(variable: EnvVar) -> Manifest:
    if variable.secret is None:
        return {"name": variable.name, "value": variable.value}
    reference = {"name": variable.secret.name, "key": variable.secret.key}
    return {"name": variable.name, "valueFrom": {"secretKeyRef": reference}}


def _probe(probe: Probe, *, period: int, failures: int) -> Manifest:
    timing = {"periodSeconds": period, "timeoutSeconds": 5, "failureThreshold": failures}
    if isinstance(probe, HttpProbe):
        return {"httpGet": {"path": probe.path, "port": PORT_NAME, "scheme": "HTTP"}, **timing}
    return {"exec": {"command": list(probe.command)}, **timing}


def _volume(volume: Volume) -> Manifest:
    match volume:
        case EmptyDir(name, in_memory):
            return {"name": name, "emptyDir": {"medium": "Memory"} if in_memory else {}}
        case ClaimVolume(name, claim):
            return {"name": name, "persistentVolumeClaim": {"claimName": claim}}
        case ReplicaVolume(name, cache):
            return {"name": name, "ephemeral": {"volumeClaimTemplate": {"spec": claim_spec(cache)}}}
        case ImageVolume(name, reference):
            return {"name": name, "image": {"reference": reference}}
        case ConfigMapFile(name, config_map, key, file):
            items = [{"key": key, "path": file}]
            return {"name": name, "configMap": {"name": config_map, "items": items, "optional": True}}
        case SecretFolder(name, secret):
            return {"name": name, "secret": {"secretName": secret, "optional": True}}


def _scheduling(scheduling: Scheduling) -> Manifest:
    parts: Manifest = {
        "nodeSelector": dict(scheduling.node_selector),
        "tolerations": [dict(toleration) for toleration in scheduling.tolerations],
        "affinity": scheduling.affinity,
        "topologySpreadConstraints": [dict(rule) for rule in scheduling.topology_spread_constraints],
        "runtimeClassName": scheduling.runtime_class_name,
        "priorityClassName": scheduling.priority_class_name,
        "schedulerName": scheduling.scheduler_name,
    }
    return {name: part for name, part in parts.items() if part}
