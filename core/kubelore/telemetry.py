"""Logging set up once for every entry point: structured, and without the contents of documents."""

import json
import logging
import sys
from typing import Any

from kubelore.clock import now, timestamp
from kubelore.settings import Settings

_STANDARD_FIELDS = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime"}


def _extra_fields(record: logging.LogRecord) -> dict[str, Any]:
    return {key: value for key, value in record.__dict__.items() if key not in _STANDARD_FIELDS}


class JsonFormatter(logging.Formatter):
    """One JSON object a line, with the record's extra fields beside the message."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one record."""
        fields: dict[str, Any] = {
            "time": timestamp(now()),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **_extra_fields(record),
        }
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        return json.dumps(fields, ensure_ascii=False, default=str)


class TextFormatter(logging.Formatter):
    """A line for people, with the record's extra fields as `key=value` at its end."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one record."""
        line = super().format(record)
        extra = " ".join(f"{key}={value}" for key, value in _extra_fields(record).items())
        return f"{line} {extra}" if extra else line


def configure_logging(settings: Settings) -> None:
    """Send every logger to standard error in the form that the settings ask for."""
    handler = logging.StreamHandler(sys.stderr)
    text = TextFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    handler.setFormatter(JsonFormatter() if settings.log_format == "json" else text)
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)
