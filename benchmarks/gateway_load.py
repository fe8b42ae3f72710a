"""Measures the gateway under load, side by side with what it is compared with.

Usage: python benchmarks/gateway_load.py [--quick] [chat] [streams] [rag] [searches]; without a name all parts.
The server that is measured has one core, the model and whoever asks have the other one.
"""

import argparse
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

import uvloop
from gateway.chat import measure_chat
from gateway.rag import measure_rag
from gateway.searches import measure_searches
from gateway.sizes import QUICK, Sizes
from gateway.streams import measure_streams

PARTS: Mapping[str, Callable[[Sizes], Awaitable[None]]] = {
    "chat": measure_chat,
    "streams": measure_streams,
    "rag": measure_rag,
    "searches": measure_searches,
}


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], help="what to measure")
    parser.add_argument("--quick", action="store_true", help="small sizes, to try out")
    parser.add_argument("--rows", type=int, help="rows that are searched")
    return parser.parse_args()


async def measure(parts: Sequence[str], sizes: Sizes) -> None:
    """Measure the parts in turn."""
    for part in parts:
        await PARTS[part](sizes)


def main() -> None:
    """Print the figures."""
    given = options()
    sizes = QUICK if given.quick else Sizes()
    sizes = replace(sizes, rows=given.rows) if given.rows else sizes
    uvloop.run(measure(given.parts or list(PARTS), sizes))


if __name__ == "__main__":
    main()
