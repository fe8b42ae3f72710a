"""The images of what runs in the test cluster itself."""

from collections.abc import Iterator
from pathlib import Path

from testcluster.images.build import base_archive, build_archive
from testcluster.images.inputs import ImageSource
from testcluster.model_servers import LLAMA_SERVER, OLLAMA, llama_server_folder, ollama_folder
from testcluster.paths import SOURCES
from testcluster.toolchain import components_folder, module_program

_RECIPES = SOURCES / "images"


def own_archives() -> Iterator[Path]:
    """Build whatever is not built yet; the archives of all images that a native cluster starts with."""
    yield build_archive(_program("pause", components_folder()))
    yield base_archive()
    for program in ("coredns", "local-path-provisioner", "minio"):
        yield build_archive(_program(program, module_program(program).parent))
    yield build_archive(milvus_source())


def milvus_source() -> ImageSource:
    """The image of Milvus Lite's server, which copies nothing."""
    return ImageSource(_RECIPES / "milvus.Dockerfile", _RECIPES, "kubelore-test/milvus:1")


def model_server_sources() -> Iterator[ImageSource]:
    """The images of what engines run: real servers, which are built if need be, and a stand-in for vLLM."""
    yield _program(LLAMA_SERVER, llama_server_folder())
    yield ImageSource(_RECIPES / "ollama.Dockerfile", ollama_folder(), f"kubelore-test/{OLLAMA}:1")
    yield ImageSource(_RECIPES / "vllm.Dockerfile", _RECIPES, "kubelore-test/fake-vllm:1")


def _program(name: str, folder: Path) -> ImageSource:
    return ImageSource(_RECIPES / "program.Dockerfile", folder, f"kubelore-test/{name}:1", {"PROGRAM": name})
