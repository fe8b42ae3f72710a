"""Real PostgreSQL, MariaDB and Redis servers for tests."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.debian import as_nobody, debian_program, folder_of_nobody
from support.processes import ServerProcess, free_port, wait_until


@contextmanager
def postgresql_server() -> Iterator[str]:
    """Run a PostgreSQL with an empty database, and yield its address."""
    initdb = debian_program("postgresql", "initdb", "/usr/lib/postgresql/*/bin")
    with _folder() as folder:
        data = folder / "data"
        _run(as_nobody([str(initdb), "--pgdata", str(data), "--username=test", "--auth=trust", "--no-sync"]))
        port = free_port()
        quick = ("fsync=off", "listen_addresses=127.0.0.1", f"unix_socket_directories={folder}", f"port={port}")
        options = [word for option in quick for word in ("-c", option)]
        command = as_nobody([str(initdb.with_name("postgres")), "-D", str(data), *options])
        with ServerProcess(command, port, folder / "log").running():
            ready = [str(initdb.with_name("pg_isready")), "--host=127.0.0.1", f"--port={port}"]
            wait_until("PostgreSQL takes connections", lambda: _succeeds(ready), 180)
            yield f"postgresql://test@127.0.0.1:{port}/postgres"


@contextmanager
def mariadb_server() -> Iterator[str]:
    """Run a MariaDB with an empty database, and yield its address."""
    server = debian_program("mariadb-server", "mariadbd")
    install = debian_program("mariadb-server", "mariadb-install-db")
    with _folder() as folder:
        data, socket, port = folder / "data", folder / "socket", free_port()
        common = ["--no-defaults", f"--datadir={data}"]
        _run(as_nobody([str(install), *common, "--auth-root-authentication-method=normal", "--skip-test-db"]))
        places = [f"--socket={socket}", f"--port={port}", "--bind-address=127.0.0.1", f"--tmpdir={folder}"]
        small = ["--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=32M", "--skip-name-resolve"]
        command = as_nobody([str(server), *common, *places, *small, f"--pid-file={folder / 'pid'}"])
        with ServerProcess(command, port, folder / "log").running():
            client = [str(debian_program("mariadb-server", "mariadb")), "--no-defaults", f"--socket={socket}", "-uroot"]
            make = "CREATE DATABASE test; CREATE USER test@'%'; GRANT ALL ON test.* TO test@'%'"
            wait_until("MariaDB takes connections", lambda: _succeeds([*client, "-e", "SELECT 1"]), 180)
            _run([*client, "-e", make])
            yield f"mysql://test@127.0.0.1:{port}/test"


def redis_process(folder: Path) -> ServerProcess:
    """Describe a Redis that keeps nothing on the disk; it can be stopped and started again on its port."""
    server = debian_program("redis-server", "redis-server")
    port = free_port()
    command = [str(server), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    return ServerProcess(as_nobody([*command, "--dir", tempfile.gettempdir()]), port, folder / "redis.log")


@contextmanager
def _folder() -> Iterator[Path]:
    """Make a folder with a short path, as sockets need, that the unprivileged user reaches."""
    folder = folder_of_nobody(Path(tempfile.mkdtemp(prefix="kl-")))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False, cwd=os.sep)
    assert done.returncode == 0, f"{command[0]}: {done.stdout[-1000:]}{done.stderr[-2000:]}"


def _succeeds(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False, timeout=30).returncode == 0
