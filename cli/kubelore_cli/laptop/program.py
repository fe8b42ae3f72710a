"""Runs any program under the tether: `python -m kubelore_cli.laptop.tether kubelore_cli.laptop.program PROGRAM …`.

It ends as the program ends, and asks the program to end when it is asked itself.
"""

import signal
import subprocess
import sys
from types import FrameType
from typing import NoReturn

_ENDED_BY_SIGNAL = 128
"""What a shell adds to the number of the signal that ended a program."""


def main() -> None:
    """Run the program that the arguments name, without standard input: that is the tether's."""
    signal.signal(signal.SIGTERM, _stop)
    program: subprocess.Popen[bytes] | None = None
    try:
        program = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
        code = program.wait()
    finally:
        if program is not None:
            program.terminate()
            program.wait()
    sys.exit(code if code >= 0 else _ENDED_BY_SIGNAL - code)


def _stop(number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(_ENDED_BY_SIGNAL + number)


if __name__ == "__main__":
    main()
