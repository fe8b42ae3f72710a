"""The `kubelore` command: assembles the commands, and turns every error into one message."""

import io
import os
import sys
from types import TracebackType

import typer

from kubelore.errors import KubeloreError
from kubelore_cli.commands.ask import ask
from kubelore_cli.commands.crds import crds
from kubelore_cli.commands.demo import demo
from kubelore_cli.commands.doctor import doctor
from kubelore_cli.commands.ingest import ingest
from kubelore_cli.commands.up import up
from kubelore_cli.commands.version import version

app = typer.Typer(
    name="kubelore",
    help="Answers from your own documents, on your own machine or Kubernetes, with your own models.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (up, demo, ask, ingest, doctor, crds, version):
    app.command()(command)


def main() -> None:
    """Run a command; exit with 1 and one message on standard error where it fails."""
    sys.excepthook = _show_defect
    _never_fail_on_a_character()
    try:
        app()
    except KubeloreError as error:
        sys.stderr.write(f"error: {error.message}\n")
        sys.exit(1)


def _never_fail_on_a_character() -> None:
    """Have a terminal that can't show a character show another one, rather than the command fail."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _show_defect(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if os.environ.get("KUBELORE_LOG_LEVEL") == "DEBUG":
        sys.__excepthook__(kind, error, trace)
        return
    hint = "run it again with KUBELORE_LOG_LEVEL=DEBUG to see where"
    sys.stderr.write(f"error: this is a defect of Kubelore: {kind.__name__}: {error}; {hint}\n")


if __name__ == "__main__":
    main()
