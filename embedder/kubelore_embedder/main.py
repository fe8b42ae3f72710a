"""The embedder's entry point."""

import argparse
import logging
import sys
from collections.abc import Sequence

from kubelore.errors import ErrorCode, KubeloreError

_log = logging.getLogger(__name__)

_SHUTDOWN_SECONDS = 25
"""For the requests that run; a pod is killed after 30."""


def main() -> None:
    """Serve the model until told to stop; exit with 2 where an argument, a setting or the model is wrong."""
    parser = argparse.ArgumentParser(prog="kubelore-embedder", description=main.__doc__)
    _, unknown = parser.parse_known_args()
    try:
        _refuse(unknown)
        _serve()
    except KubeloreError as error:
        _log.error("%s", error)
        sys.exit(2)


def _refuse(arguments: Sequence[str]) -> None:
    if arguments:
        found = f"the embedder takes no arguments, and was given {' '.join(arguments)}: KUBELORE_* variables set it up"
        raise KubeloreError(ErrorCode.SETTINGS_INVALID, "spec.engineArgs", found)


def _serve() -> None:
    import uvicorn  # noqa: PLC0415 - heavy, and not needed to refuse a wrong setting

    from kubelore.settings import load_settings  # noqa: PLC0415 - as above
    from kubelore.telemetry import configure_logging  # noqa: PLC0415 - as above
    from kubelore_embedder.app import create_app  # noqa: PLC0415 - as above

    settings = load_settings()
    configure_logging(settings)
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
    )


if __name__ == "__main__":
    main()
