"""Runs all checks, and shows what they found."""

from collections.abc import Iterator
from pathlib import Path

import typer
from rich.console import Console
from rich.text import Text

from kubelore.settings import Settings
from kubelore_cli.doctor.check import Check, Health
from kubelore_cli.doctor.machine import check_machine
from kubelore_cli.doctor.manifests import check_manifests
from kubelore_cli.doctor.model import check_model
from kubelore_cli.doctor.stores import check_object_store, check_vector_store
from kubelore_cli.terminal.console import output

_MARKS = {Health.GOOD: ("✓", "green"), Health.WARNING: ("!", "yellow"), Health.BAD: ("✗", "red")}


def run_doctor(base: Settings, manifests: Path | None, *, state_dir: Path | None, port: int | None) -> None:
    """Show each check as it ends; exit with 1 if anything is wrong."""
    settings = base.model_copy(update={"state_dir": state_dir or base.state_dir, "port": port or base.port})
    console = output()
    healths = [_show(console, check) for check in _checks(settings, manifests)]
    wrong = healths.count(Health.BAD)
    console.print(f"\n{wrong} of {len(healths)} checks found something wrong" if wrong else "\nall is well")
    if wrong:
        raise typer.Exit(code=1)


def _checks(settings: Settings, manifests: Path | None) -> Iterator[Check]:
    yield from check_machine(settings)
    yield check_model(settings)
    yield check_object_store(settings)
    yield check_vector_store(settings)
    if manifests is not None:
        yield from check_manifests(settings, manifests)


def _show(console: Console, check: Check) -> Health:
    mark, style = _MARKS[check.health]
    console.print(Text.assemble((mark, style), " ", (check.part, "bold"), f": {check.found}"))
    if check.to_do:
        console.print(Text.assemble("  ", ("what to do: ", "yellow"), check.to_do))
    return check.health
