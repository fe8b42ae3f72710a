"""Runs a module in a child process that can't outlive its parent.

Started as `python -m kubelore_cli.laptop.tether <module> [arguments]`, with the read end of a pipe as standard input.
The parent alone holds the write end, and the kernel closes it however the parent dies.
"""

import os
import runpy
import signal
import sys
import threading


def main() -> None:
    """Watch the pipe from a thread, and run the module as `python -m` does."""
    module, *arguments = sys.argv[1:]
    # A shell that starts `kubelore up` in the background has its children ignore interrupts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Thread(target=_die_with_parent, name="tether", daemon=True).start()
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _die_with_parent() -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    # The group is this process' own, so its children go with it.
    os.killpg(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
