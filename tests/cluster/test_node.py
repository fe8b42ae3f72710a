"""Pods run, find each other by name, and get no more GPUs than the node has."""

import pytest

from support.cluster import RunningCluster
from support.pods import pod, service, web_server
from testcluster.errors import ClusterError

pytestmark = pytest.mark.cluster


def test_a_pod_runs_and_its_log_can_be_read(cluster: RunningCluster) -> None:
    with cluster.namespace() as namespace:
        assert cluster.run_pod(pod("hello", namespace, ("echo", "hello from a pod"))) == "hello from a pod\n"


def test_a_service_is_found_by_its_name_and_reaches_its_pod(cluster: RunningCluster) -> None:
    def answers(host: str) -> bool:
        get = f"import urllib.request; print(urllib.request.urlopen('http://{host}', timeout=5).status)"
        try:
            return cluster.kubectl("exec", f"--namespace={namespace}", "client", "--", "python3", "-c", get) == "200\n"
        except ClusterError:
            return False

    with cluster.namespace() as namespace:
        cluster.apply(web_server("web", namespace), service("web", namespace), pod("client", namespace))
        for name in ("web", "client"):
            cluster.wait_for_condition(namespace, f"pod/{name}", "Ready")
        cluster.wait_for("the Service has its pod", lambda: answers("web"), 10)
        assert answers(f"web.{namespace}.svc.cluster.local")


def test_a_name_that_nothing_has_is_not_found(cluster: RunningCluster) -> None:
    script = (
        "import socket\ntry: socket.getaddrinfo('nothing.example', 80)\nexcept socket.gaierror as e: print(e.errno)"
    )
    with cluster.namespace() as namespace:
        assert cluster.run_pod(pod("client", namespace, ("python3", "-c", script))) == "-2\n"


def test_a_node_gives_two_gpus_and_no_third(cluster: RunningCluster) -> None:
    def apply_pod_with_gpus(name: str, count: int) -> None:
        cluster.apply(pod(name, namespace, resources={"limits": {"nvidia.com/gpu": str(count)}}))

    with cluster.namespace() as namespace:
        apply_pod_with_gpus("first", 2)
        cluster.wait_for_condition(namespace, "pod/first", "Ready")
        apply_pod_with_gpus("second", 1)
        cluster.wait_for_condition(namespace, "pod/second", "PodScheduled=False")
        assert "Insufficient nvidia.com/gpu" in cluster.kubectl("describe", f"--namespace={namespace}", "pod", "second")
        cluster.kubectl("delete", f"--namespace={namespace}", "pod", "first")
        cluster.wait_for_condition(namespace, "pod/second", "Ready")


def test_three_gpus_at_once_are_never_given(cluster: RunningCluster) -> None:
    with cluster.namespace() as namespace:
        cluster.apply(pod("greedy", namespace, resources={"limits": {"nvidia.com/gpu": "3"}}))
        cluster.wait_for_condition(namespace, "pod/greedy", "PodScheduled=False")
        assert cluster.get(namespace, "pod", "greedy")["status"]["phase"] == "Pending"
