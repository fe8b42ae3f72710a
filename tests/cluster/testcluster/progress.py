"""Tell whoever waits what is being done, apart from what a command prints as its answer."""

import sys


def say(text: str) -> None:
    """Print one line to standard error."""
    print(f"test cluster: {text}", file=sys.stderr, flush=True)
