"""Runs the steps over the connection that the gateway hands in."""

from alembic import context

from kubelore_api.database.tables import Table

context.configure(
    connection=context.config.attributes["connection"], target_metadata=Table.metadata, transactional_ddl=True
)
with context.begin_transaction():
    context.run_migrations()
