"""How much is measured."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sizes:
    """The sizes of all parts; times are seconds."""

    seconds: float = 10.0
    rounds: int = 3
    connections: int = 64
    streams: int = 200
    frames: int = 500
    frames_a_second: float = 50.0
    rows: int = 100_000
    searches: int = 64
    passages: int = 2_000
    questions: int = 200


QUICK = Sizes(seconds=2, rounds=1, streams=20, frames=100, rows=5_000, passages=200, questions=20)
