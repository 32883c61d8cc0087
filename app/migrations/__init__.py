"""Alembic migrations, applied by Database.upgrade(). Append only: never edit one that shipped."""
