"""Brings a database to the newest tables."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

_SCRIPTS = Path(__file__).with_name("migrations")
_LOCK = 5_020_141_701
_SECONDS_TO_WAIT = 120
_LOCK_NAME = "kubelore_migrations"


def migrate(connection: Connection) -> None:
    """Take every step that is missing; of several gateways that start together, one does and the others wait."""
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.attributes["connection"] = connection
    match connection.dialect.name:
        case "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            command.upgrade(config, "head")
        case "mysql" | "mariadb":
            _under_named_lock(connection, config)
        case _:
            command.upgrade(config, "head")


def _under_named_lock(connection: Connection, config: Config) -> None:
    """Each statement that makes a table commits, so that a lock of the transaction would not last."""
    connection.execute(
        text("SELECT GET_LOCK(:name, :seconds)"), {"name": _LOCK_NAME, "seconds": _SECONDS_TO_WAIT}
    ).scalar_one()
    try:
        command.upgrade(config, "head")
    finally:
        connection.execute(text("SELECT RELEASE_LOCK(:name)"), {"name": _LOCK_NAME})
