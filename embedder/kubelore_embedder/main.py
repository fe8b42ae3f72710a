"""The embedder's entry point."""

import argparse
import logging
import sys

from kubelore.errors import KubeloreError

_log = logging.getLogger(__name__)

_SHUTDOWN_SECONDS = 25
"""For the requests that run; a pod is killed after 30."""


def main() -> None:
    """Serve the embedding model until told to stop; exit with 2 where a setting or the model is wrong."""
    argparse.ArgumentParser(prog="kubelore-embedder", description=main.__doc__).parse_args()
    try:
        _serve()
    except KubeloreError as error:
        _log.error("%s", error)
        sys.exit(2)


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
