"""Types of columns that mean the same in SQLite, PostgreSQL, MySQL and MariaDB."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, Dialect, String, Text
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeDecorator, TypeEngine

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_BINARY = "utf8mb4_bin"


class Moment(TypeDecorator[datetime]):
    """A point in time, as microseconds since 1970: not every database's own type holds zone and fraction."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002 - all alike
        """Write it."""
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - all alike
        """Read it."""
        return None if value is None else _EPOCH + value * _MICROSECOND


def exact_text(length: int) -> TypeEngine[str]:
    """Return a text that is compared as it is: by default, MySQL takes `acme` and `Acme` for one tenant."""
    return String(length).with_variant(mysql.VARCHAR(length, collation=_BINARY), "mysql", "mariadb")


def long_text() -> TypeEngine[str]:
    """Return a text without a limit that anyone would meet; MySQL's own ends at 64 KiB."""
    return Text().with_variant(mysql.LONGTEXT(charset="utf8mb4"), "mysql", "mariadb")
