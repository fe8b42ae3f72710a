"""${message}."""

import sqlalchemy as sa
from alembic import op

from kubelore_api.database.columns import Moment, exact_text, long_text

revision = "${up_revision}"
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Take the step."""
    ${upgrades}
