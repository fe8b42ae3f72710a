"""The bounds that a fetch keeps."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """How much at once, and how long without progress, in seconds."""

    streams: int = 4
    segment_bytes: int = 32 << 20
    patience_seconds: float = 120.0
    silence_seconds: float = 60.0
    seconds_between_checkpoints: float = 2.0
