"""The command line: `up`, `down`, `status`, `build`, `model-servers`, `load`, `kubeconfig` and `env`."""

import argparse
import shlex
import sys
from pathlib import Path

from testcluster.choose import choose
from testcluster.cluster import Cluster
from testcluster.errors import ClusterError, ClusterUnavailableError
from testcluster.images.inputs import ImageSource
from testcluster.images.own import model_server_sources
from testcluster.paths import DEFAULT_CLUSTER_FOLDER
from testcluster.toolchain import module_program

EXIT_FAILED = 1
EXIT_UNAVAILABLE = 69
"""EX_UNAVAILABLE of sysexits.h: this machine cannot have a cluster, which is no failure of a test."""


def main(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(choose(options.folder.resolve()), options) or 0)
    except ClusterUnavailableError as unavailable:
        print(unavailable, file=sys.stderr)
        return EXIT_UNAVAILABLE
    except ClusterError as error:
        print(f"test cluster: {error}", file=sys.stderr)
        return EXIT_FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="testcluster", description=__doc__)
    parser.add_argument(
        "--folder",
        type=Path,
        default=DEFAULT_CLUSTER_FOLDER,
        help="where the cluster is kept; another folder is another cluster (default: .cluster in the repository)",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, command, meaning in (
        ("up", _up, "start the cluster, or reuse the one that runs"),
        ("down", _down, "stop the cluster and remove all of it"),
        ("status", _status, "say whether it runs; exit code 1 if not"),
        ("model-servers", _model_servers, "build the images that engines run, and load them if the cluster runs"),
        ("kubeconfig", _kubeconfig, "print the kubeconfig's path"),
        ("env", _env, "print what a shell may eval to use it"),
    ):
        commands.add_parser(name, help=meaning).set_defaults(command=command)
    _add_build(commands)
    load = commands.add_parser("load", help="load images into the running cluster")
    load.add_argument("images", nargs="+", help="archives, or names of images built before")
    load.set_defaults(command=_load)
    return parser


def _add_build(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    build = commands.add_parser("build", help="build an image, and load it if the cluster runs")
    build.add_argument("-f", "--file", type=Path, required=True, help="the Dockerfile")
    build.add_argument("-t", "--tag", required=True, help="the image's name, such as kubelore/job:dev")
    build.add_argument("--target", help="the Dockerfile's stage (default: its last)")
    build.add_argument("--build-arg", action="append", default=[], metavar="NAME=VALUE")
    build.add_argument("context", type=Path, help="the folder that the Dockerfile copies from")
    build.set_defaults(command=_build)


def _up(cluster: Cluster, _: argparse.Namespace) -> None:
    cluster.up()


def _down(cluster: Cluster, _: argparse.Namespace) -> None:
    cluster.down()


def _status(cluster: Cluster, _: argparse.Namespace) -> bool:
    running = cluster.is_running()
    print(f"{cluster.kind}: {'running' if running else 'not running'}")
    return not running


def _kubeconfig(cluster: Cluster, _: argparse.Namespace) -> None:
    print(cluster.kubectl.kubeconfig)


def _env(cluster: Cluster, _: argparse.Namespace) -> None:
    variables = {
        "KUBECONFIG": cluster.kubectl.kubeconfig,
        "KUBECTL": cluster.kubectl.program,
        "HELM": module_program("helm"),
    }
    for name, value in variables.items():
        print(f"export {name}={shlex.quote(str(value))}")


def _build(cluster: Cluster, options: argparse.Namespace) -> None:
    arguments = dict(argument.split("=", 1) for argument in options.build_arg)
    cluster.build(ImageSource(options.file, options.context, options.tag, arguments, options.target))


def _model_servers(cluster: Cluster, _: argparse.Namespace) -> None:
    for source in model_server_sources():
        cluster.build(source)


def _load(cluster: Cluster, options: argparse.Namespace) -> None:
    for image in options.images:
        cluster.load(image)
