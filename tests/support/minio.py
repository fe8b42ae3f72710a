"""A real MinIO for tests, built once into the per-user cache."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from minio import Minio
from minio.error import ServerError
from pydantic import SecretStr

from kubelore.settings import Settings
from support.processes import ServerProcess, free_port, wait_until
from testcluster.toolchain import module_program

ACCESS_KEY = "test-access-key"
SECRET_KEY = "test-secret-key"


@dataclass(frozen=True, slots=True)
class MinioServer:
    """A running MinIO."""

    process: ServerProcess

    def url(self, bucket: str) -> str:
        """The address of a bucket."""
        return f"http://127.0.0.1:{self.process.port}/{bucket}"

    def environment(self, bucket: str) -> dict[str, str]:
        """What a process needs to reach a bucket."""
        return {
            "KUBELORE_OBJECT_STORE": self.url(bucket),
            "KUBELORE_S3_ACCESS_KEY": ACCESS_KEY,
            "KUBELORE_S3_SECRET_KEY": SECRET_KEY,
        }

    def settings(self, bucket: str) -> Settings:
        """The settings of a bucket."""
        return Settings(
            object_store=self.url(bucket), s3_access_key=SecretStr(ACCESS_KEY), s3_secret_key=SecretStr(SECRET_KEY)
        )


@contextmanager
def minio_server(folder: Path) -> Iterator[MinioServer]:
    """Run a MinIO that keeps its data in a folder; skip where it can't be built."""
    if shutil.which("go") is None:
        pytest.skip("MinIO is built with Go, which is not installed")
    port = free_port()
    data = folder / "minio"
    data.mkdir(parents=True, exist_ok=True)
    command = [str(module_program("minio")), "server", "--quiet", "--address", f"127.0.0.1:{port}", str(data)]
    env = {**os.environ, "MINIO_ROOT_USER": ACCESS_KEY, "MINIO_ROOT_PASSWORD": SECRET_KEY, "MINIO_BROWSER": "off"}
    with ServerProcess(command, port, folder / "minio.log", env).running() as process:
        wait_until("MinIO takes requests", lambda: _takes_requests(port))
        yield MinioServer(process)


def _takes_requests(port: int) -> bool:
    """Say whether the server is past its start, in which it listens and answers everything with 503."""
    client = Minio(f"127.0.0.1:{port}", ACCESS_KEY, SECRET_KEY, secure=False)
    try:
        client.list_buckets()
    except ServerError:
        return False
    return True
