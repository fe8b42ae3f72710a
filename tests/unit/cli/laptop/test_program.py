import os
import signal
import sys
from pathlib import Path

from kubelore_cli.laptop.child import running_program
from support.processes import wait_until

WAIT = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + WAIT


def is_alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.is_file() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def said_pid(log: Path) -> int:
    wait_until("the program runs", lambda: log.read_text().strip().isdigit(), 60)
    return int(log.read_text())


async def test_a_program_ends_with_the_block_that_runs_it(tmp_path: Path) -> None:
    log = tmp_path / "program.log"
    async with running_program([sys.executable, "-c", WAIT], environment=os.environ, log=log) as child:
        program = said_pid(log)
        assert child.is_running

    wait_until("the program has gone", lambda: not is_alive(program))


async def test_a_program_that_does_not_heed_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "program.log"
    async with running_program([sys.executable, "-c", STUBBORN], environment=os.environ, log=log) as child:
        program = said_pid(log)
        await child.stop(gently=signal.SIGTERM, seconds=0.2)

    wait_until("the program has gone", lambda: not is_alive(program))


async def test_a_programs_exit_code_is_its_own(tmp_path: Path) -> None:
    log = tmp_path / "program.log"
    command = [sys.executable, "-c", "import sys; print('no model', file=sys.stderr); sys.exit(7)"]
    async with running_program(command, environment=os.environ, log=log) as child:
        assert await child.wait() == 7

    assert child.last_words() == "no model"
