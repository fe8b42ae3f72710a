from typing import Any

import pytest

from kubelore_operator.cluster.compare import difference, is_applied, stamped

MANIFEST: dict[str, Any] = {
    "kind": "Deployment",
    "metadata": {"name": "embedder", "annotations": {"own": "yes"}},
    "spec": {
        "replicas": 1,
        "paused": False,
        "containers": [{"name": "a", "image": "x:1", "resources": {"requests": {"cpu": "0.5", "memory": "1024Mi"}}}],
        "volumes": [{"name": "tmp", "emptyDir": {}}],
        "accessModes": ["ReadWriteOnce"],
    },
}


def live(**spec: Any) -> dict[str, Any]:
    wanted = stamped(MANIFEST)
    container = {
        "name": "a",
        "image": "x:1",
        "resources": {"requests": {"cpu": "500m", "memory": "1Gi"}},
        "terminationMessagePath": "/dev/termination-log",
    }
    defaults = {"replicas": 1, "containers": [container], "volumes": [{"name": "tmp", "emptyDir": {}}], "added": True}
    defaults["accessModes"] = ["ReadWriteOnce"]
    return {**wanted, "spec": defaults | spec, "status": {"replicas": 1}}


def test_what_the_api_server_adds_and_rewrites_makes_no_difference() -> None:
    assert is_applied(live(), stamped(MANIFEST))


def test_what_others_add_beside_it_makes_no_difference() -> None:
    volumes = [{"name": "injected", "emptyDir": {}}, {"name": "tmp", "emptyDir": {}}]

    assert is_applied(live(volumes=volumes), stamped(MANIFEST))


@pytest.mark.parametrize(
    "drift",
    [
        {"replicas": 2},
        {"containers": []},
        {"containers": [{"name": "a", "image": "x:2"}]},
        {"volumes": [{"name": "another", "emptyDir": {}}]},
        {"paused": True},
        {"accessModes": ["ReadWriteOnce", "ReadWriteMany"]},
    ],
)
def test_what_somebody_changed_makes_a_difference(drift: dict[str, Any]) -> None:
    assert not is_applied(live(**drift), stamped(MANIFEST))


def test_what_is_no_longer_asked_for_makes_a_difference() -> None:
    smaller = {**MANIFEST, "spec": {"replicas": 1}}

    assert not is_applied(live(), stamped(smaller))


def test_a_stamp_leaves_other_annotations() -> None:
    assert stamped(MANIFEST)["metadata"]["annotations"].keys() == {"own", "kubelore.io/applied"}


def test_a_stamp_is_the_same_for_the_same_manifest() -> None:
    assert stamped(MANIFEST) == stamped({**MANIFEST})


@pytest.mark.parametrize(
    ("present", "wanted", "patch"),
    [
        (None, {"phase": "PENDING"}, {"phase": "PENDING"}),
        ({"phase": "PENDING"}, {"phase": "PENDING"}, {}),
        ({"phase": "PENDING", "shards": {"0": {}}}, {"phase": "FAILED"}, {"phase": "FAILED"}),
        ({"endpoint": "x"}, {"endpoint": None}, {"endpoint": None}),
        ({}, {"endpoint": None}, {}),
        (
            {"generation": {"active": 1, "building": 2}},
            {"generation": {"active": 1, "building": None}},
            {"generation": {"building": None}},
        ),
        ({}, {"documents": {"total": 0}}, {"documents": {"total": 0}}),
        ({}, {"model": {"digest": None}}, {}),
        ({"list": [1, 2]}, {"list": [1]}, {"list": [1]}),
    ],
)
def test_a_patch_holds_only_what_differs(present: Any, wanted: dict[str, Any], patch: dict[str, Any]) -> None:
    assert difference(present, wanted) == patch
