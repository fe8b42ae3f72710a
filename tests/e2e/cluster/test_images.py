"""What is in the images: no more than what runs."""

import json
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from support.cluster import RunningCluster
from support.installation import Installation
from support.pods import PROBE_IMAGE, pod

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

IMAGES = ("kubelore/operator:dev", "kubelore/job:dev", "kubelore/embedder:dev", "kubelore/api:dev")
MEGABYTE = 1_000_000
MOST_JOB_MEGABYTES = 400

LOOK = textwrap.dedent("""\
    import importlib.util, json, os, shutil
    root, files = os.lstat("/").st_dev, {}
    for folder, names, leaves in os.walk("/"):
        names[:] = [name for name in names if os.lstat(os.path.join(folder, name)).st_dev == root]
        for leaf in leaves:
            found = os.lstat(os.path.join(folder, leaf))
            if found.st_dev == root:
                files[found.st_ino] = found.st_size
    tools = ("cc", "gcc", "g++", "c++", "clang", "ld", "as", "make", "cargo", "rustc", "go")
    print(json.dumps({
        "bytes": sum(files.values()),
        "user": os.getuid(),
        "compilers": [tool for tool in tools if shutil.which(tool)],
        "torch": importlib.util.find_spec("torch") is not None,
    }))
""")


@dataclass(frozen=True, slots=True)
class Inside:
    """What a process sees in a container of an image, with the image's own user."""

    bytes: int
    user: int
    compilers: list[str]
    torch: bool


@pytest.fixture(scope="module")
def namespace(installation: Installation) -> Iterator[str]:
    with installation.cluster.namespace() as namespace:
        yield namespace


def look_into(cluster: RunningCluster, namespace: str, image: str, **security: object) -> Inside:
    name = image.replace("/", "-").replace(":", "-").replace(".", "-")
    looking = pod(
        name, namespace, ("python3", "-c", LOOK), image=image, imagePullPolicy="IfNotPresent", securityContext=security
    )
    return Inside(**json.loads(cluster.run_pod(looking)))


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_runs_as_nobody_and_can_compile_nothing(
    installation: Installation, namespace: str, image: str
) -> None:
    inside = look_into(installation.cluster, namespace, image, runAsNonRoot=True)
    assert inside.user == 65532
    assert inside.compilers == []
    assert not inside.torch


def test_the_job_image_adds_less_than_400_megabytes_to_its_base(installation: Installation) -> None:
    with installation.cluster.namespace() as namespace:
        base = look_into(installation.cluster, namespace, PROBE_IMAGE)
        job = look_into(installation.cluster, namespace, "kubelore/job:dev", runAsUser=0)
    assert (job.bytes - base.bytes) / MEGABYTE < MOST_JOB_MEGABYTES
