"""Build the cluster's programs from Go modules, once, into the per-user cache."""

import hashlib
from pathlib import Path

from testcluster.paths import SOURCES
from testcluster.programs import Builder, program_folder
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
GO = Builder("go", "Go 1.24 or newer")
_STATIC_AND_SMALL = ("-trimpath", "-ldflags")


def components_folder() -> Path:
    """The folder with Kubernetes' programs, `pause` among them, built if need be (about four minutes on two cores)."""
    name = f"components-{_components_digest()}"
    return program_folder(name, "Kubernetes' programs", _build_components, GO)


def component(name: str) -> Path:
    """The path of one of Kubernetes' programs."""
    return components_folder() / name


def module_program(name: str) -> Path:
    """The path of a third party's program, installed from its Go module if need be."""
    module = MODULES[name]
    version = module.rpartition("@")[2]
    return program_folder(f"{name}-{version}", name, lambda target: _install_module(module, target), GO) / name


def go(*words: str, cwd: Path, **env: str) -> None:
    """Run Go's own tool at a low priority, for programs without C unless `env` says otherwise."""
    run("nice", "-n", "10", "go", *words, env={"CGO_ENABLED": "0", **env}, cwd=cwd)


def _build_components(target: Path) -> None:
    major, minor, _ = KUBERNETES_VERSION.removeprefix("v").split(".")
    version = "k8s.io/component-base/version"
    stamps = f"-X {version}.gitVersion={KUBERNETES_VERSION} -X {version}.gitMajor={major} -X {version}.gitMinor={minor}"
    go("build", *_STATIC_AND_SMALL, f"-s -w {stamps}", "-o", f"{target}/", "./...", cwd=COMPONENTS_SOURCE)
    for name in COMPONENTS:
        (target / name).symlink_to("components")


def _install_module(module: str, target: Path) -> None:
    go("install", *_STATIC_AND_SMALL, "-s -w", module, cwd=target, GOBIN=str(target))


def _components_digest() -> str:
    digest = hashlib.sha256(KUBERNETES_VERSION.encode())
    sources = [COMPONENTS_SOURCE / "go.mod", COMPONENTS_SOURCE / "go.sum", *COMPONENTS_SOURCE.rglob("*.go")]
    for source in sorted(source for source in sources if not source.name.endswith("_test.go")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]
