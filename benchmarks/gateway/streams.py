"""Streams passed through at a model's pace: what comes through, how late it begins, what each one takes."""

import asyncio
import tempfile
from dataclasses import dataclass
from pathlib import Path

from gateway.contenders import Contender, kubelore, litellm, mock_model, sdk_route
from gateway.load import Streams, open_streams
from gateway.servers import asking_from_its_core
from gateway.sizes import Sizes
from gateway.tables import print_table

SECONDS_TO_OPEN = 2.0
STREAMS_TO_WARM_UP = 20


@dataclass(frozen=True, slots=True)
class _Measured:
    name: str
    streams: Streams
    bytes_a_stream: float | None = None


async def measure_streams(sizes: Sizes) -> None:
    """Measure the model itself, and each contender in front of it."""
    with (
        asking_from_its_core(),
        tempfile.TemporaryDirectory() as scratch,
        mock_model(Path(scratch), sizes.frames, sizes.frames_a_second) as model,
    ):
        direct = _Measured(model.name, await (await open_streams(model, sizes.streams, SECONDS_TO_OPEN)).end())
        measured = [direct]
        for start in (kubelore, sdk_route, litellm):
            async with start(Path(scratch), model) as contender:
                measured.append(await _measure(contender, sizes))
                print(_row(measured[-1], direct.streams), flush=True)
    print_table(
        f"{sizes.streams} streams of {sizes.frames_a_second:.0f} frames a second, one core",
        ("", "frames/s", "of direct", "first frame ms (median)", "added", "(95 %)", "KB a stream", "broken off"),
        [_row(each, direct.streams) for each in measured],
    )


async def _measure(contender: Contender, sizes: Sizes) -> _Measured:
    warm_up = await open_streams(contender.target, STREAMS_TO_WARM_UP, 0.5)
    await warm_up.end()
    before = contender.server.resident_bytes
    streams = await open_streams(contender.target, sizes.streams, SECONDS_TO_OPEN)
    await asyncio.sleep(1)
    taken = (contender.server.resident_bytes - before) / sizes.streams
    return _Measured(contender.target.name, await streams.end(), taken)


def _row(measured: _Measured, direct: Streams) -> tuple[str | float, ...]:
    own = measured.streams
    return (
        measured.name,
        own.frames_a_second,
        own.frames_a_second / direct.frames_a_second,
        1e3 * own.first_frame(0.5),
        1e3 * (own.first_frame(0.5) - direct.first_frame(0.5)),
        1e3 * own.first_frame(0.95),
        "" if measured.bytes_a_stream is None else measured.bytes_a_stream / 1e3,
        str(own.broken_off),
    )
