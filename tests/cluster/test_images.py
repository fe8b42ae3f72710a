"""An image built from a Dockerfile runs in a pod, and is built again only when it must be."""

from pathlib import Path
from uuid import uuid4

import pytest

from support.cluster import RunningCluster
from support.pods import pod
from testcluster.errors import ClusterError
from testcluster.images.inputs import ImageSource

pytestmark = pytest.mark.cluster

_RECIPE = """\
ARG BASE_IMAGE=python:3.11-slim-bookworm
FROM ${BASE_IMAGE} AS build
RUN python -m venv /opt/app && /opt/app/bin/pip install idna==3.10
FROM ${BASE_IMAGE}
COPY --from=build /opt/app /opt/app
COPY app/ /app/
"""
_COMMAND = ("/opt/app/bin/python", "/app/main.py")


@pytest.fixture
def source(tmp_path: Path) -> ImageSource:
    (tmp_path / "app").mkdir()
    (tmp_path / "Dockerfile").write_text(_RECIPE)
    return ImageSource(tmp_path / "Dockerfile", tmp_path, "kubelore-test/throwaway:1")


def _write_program(source: ImageSource) -> str:
    word = uuid4().hex
    (source.context / "app" / "main.py").write_text(f"import idna; print(idna.decode('xn--tda'), '{word}')")
    return f"ü {word}\n"


def test_a_pod_runs_the_newest_build(cluster: RunningCluster, source: ImageSource) -> None:
    with cluster.namespace() as namespace:
        for name in ("first", "second"):
            expected = _write_program(source)
            cluster.chosen.build(source)
            assert cluster.run_pod(pod(name, namespace, _COMMAND, image=source.tag)) == expected


def test_an_unchanged_image_is_not_built_again(
    cluster: RunningCluster, source: ImageSource, capsys: pytest.CaptureFixture[str]
) -> None:
    if cluster.chosen.kind != "native":
        pytest.skip(f"{cluster.chosen.kind} keeps its own cache of builds")
    _write_program(source)
    cluster.chosen.build(source)
    assert "building image" in capsys.readouterr().err
    cluster.chosen.build(source)
    assert "building image" not in capsys.readouterr().err


def test_an_image_that_nobody_built_cannot_be_loaded(cluster: RunningCluster) -> None:
    with pytest.raises(ClusterError, match="kubelore-test/nobody-built-this"):
        cluster.chosen.load("kubelore-test/nobody-built-this:1")
