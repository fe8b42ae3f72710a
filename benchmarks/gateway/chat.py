"""Chats that are passed through to a model: how many a second, and how much later each one is answered."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from gateway.contenders import Contender, kubelore, litellm, mock_model, sdk_route
from gateway.load import Target, ask_again_and_again
from gateway.servers import asking_from_its_core
from gateway.sizes import Sizes
from gateway.tables import print_table

SECONDS_TO_WARM_UP = 2.0


@dataclass(frozen=True, slots=True)
class _Measured:
    """One contender's figures: answers a second by the clock and by its processor time, and added milliseconds."""

    name: str
    rate: float
    rate_by_processor: float
    added: float
    megabytes: float


async def measure_chat(sizes: Sizes) -> None:
    """Measure each contender in turn, some rounds long, and print the best of each."""
    with asking_from_its_core(), tempfile.TemporaryDirectory() as scratch, mock_model(Path(scratch), 1, 1) as model:
        measured = []
        for start in (kubelore, sdk_route, litellm):
            async with start(Path(scratch), model) as contender:
                await ask_again_and_again(contender.target, sizes.connections, SECONDS_TO_WARM_UP)
                measured.append(await _measure(contender, model, sizes))
                print(measured[-1], flush=True)
    *_, theirs = measured
    print_table(
        "Chats passed through, one core",
        ("", "requests/s", "times LiteLLM's", "a processor second", "times", "added ms (median)", "of LiteLLM's", "MB"),
        [_row(own, theirs) for own in measured],
    )


async def _measure(contender: Contender, model: Target, sizes: Sizes) -> _Measured:
    rates, by_processor, added = [], [], []
    for _ in range(sizes.rounds):
        before = contender.server.processor_seconds
        answers = await ask_again_and_again(contender.target, sizes.connections, sizes.seconds)
        rates.append(answers.rate)
        by_processor.append(len(answers.latencies) / (contender.server.processor_seconds - before))
        direct = await ask_again_and_again(model, 1, sizes.seconds / 4)
        through = await ask_again_and_again(contender.target, 1, sizes.seconds / 4)
        added.append(1e3 * (through.median - direct.median))
    megabytes = contender.server.resident_bytes / 1e6
    return _Measured(contender.target.name, max(rates), max(by_processor), min(added), megabytes)


def _row(own: _Measured, theirs: _Measured) -> tuple[str | float, ...]:
    return (
        own.name,
        own.rate,
        own.rate / theirs.rate,
        own.rate_by_processor,
        own.rate_by_processor / theirs.rate_by_processor,
        own.added,
        own.added / theirs.added,
        own.megabytes,
    )
