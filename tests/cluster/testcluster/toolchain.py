"""Build the cluster's programs from Go modules, once, into the per-user cache."""

import hashlib
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from testcluster.errors import ClusterUnavailableError
from testcluster.locks import locked
from testcluster.paths import SOURCES, cache_folder
from testcluster.progress import say
from testcluster.shell import run

KUBERNETES_VERSION = "v1.34.4"
COMPONENTS_SOURCE = SOURCES / "components"
COMPONENTS = (
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-proxy",
    "kube-scheduler",
    "kubectl",
    "kubelet",
    "network-policy-enforcer",
)
MODULES = {
    "coredns": "github.com/coredns/coredns@v1.15.0",
    "helm": "helm.sh/helm/v3/cmd/helm@v3.22.0",
    "local-path-provisioner": "github.com/rancher/local-path-provisioner@v0.0.30",
    "minio": "github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c",
}
_STATIC_AND_SMALL = ("-trimpath", "-ldflags")


def components_folder() -> Path:
    """The folder with Kubernetes' programs, `pause` among them, built if need be (about four minutes on two cores)."""
    folder = cache_folder() / "programs" / f"components-{_components_digest()}"
    _build_once(folder, _build_components, "Kubernetes' programs")
    return folder


def component(name: str) -> Path:
    """The path of one of Kubernetes' programs."""
    return components_folder() / name


def module_program(name: str) -> Path:
    """The path of a third party's program, installed from its Go module if need be."""
    module = MODULES[name]
    folder = cache_folder() / "programs" / f"{name}-{module.rpartition('@')[2]}"
    _build_once(folder, lambda target: _install_module(module, target), name)
    return folder / name


def _build_once(folder: Path, build: Callable[[Path], None], what: str) -> None:
    with locked(folder.name):
        if folder.is_dir():
            return
        if shutil.which("go") is None:
            raise ClusterUnavailableError(f"{what}: no `go` on PATH to build it with; install Go 1.24 or newer")
        say(f"building {what} (once)")
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            target = Path(scratch) / "built"
            target.mkdir()
            build(target)
            target.rename(folder)


def _build_components(target: Path) -> None:
    major, minor, _ = KUBERNETES_VERSION.removeprefix("v").split(".")
    version = "k8s.io/component-base/version"
    stamps = f"-X {version}.gitVersion={KUBERNETES_VERSION} -X {version}.gitMajor={major} -X {version}.gitMinor={minor}"
    _go("build", *_STATIC_AND_SMALL, f"-s -w {stamps}", "-o", f"{target}/", "./...", cwd=COMPONENTS_SOURCE)
    for name in COMPONENTS:
        (target / name).symlink_to("components")


def _install_module(module: str, target: Path) -> None:
    _go("install", *_STATIC_AND_SMALL, "-s -w", module, cwd=target, bin_folder=target)


def _go(*words: str, cwd: Path, bin_folder: Path | None = None) -> None:
    env = {"CGO_ENABLED": "0"} | ({"GOBIN": str(bin_folder)} if bin_folder else {})
    run("nice", "-n", "10", "go", *words, env=env, cwd=cwd)


def _components_digest() -> str:
    digest = hashlib.sha256(KUBERNETES_VERSION.encode())
    sources = [COMPONENTS_SOURCE / "go.mod", COMPONENTS_SOURCE / "go.sum", *COMPONENTS_SOURCE.rglob("*.go")]
    for source in sorted(source for source in sources if not source.name.endswith("_test.go")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]
