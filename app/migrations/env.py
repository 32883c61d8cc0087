"""Runs the migrations on the connection that Database.upgrade() hands over."""

from alembic import context

from app.tables import Row

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Row.metadata,
    # SQLite cannot alter a column: later migrations copy the table.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
