"""Run by alembic: migrate the connection that server.core.migrate hands over."""

from alembic import context
from sqlmodel import SQLModel

import server.app  # noqa: F401 - every table must be known when a revision is drafted

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    transaction_per_migration=False,
)
context.run_migrations()
