"""API keys: how programs say who they are. A key is shown once and kept only as its SHA-256."""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update

from app.auth.sessions import TOUCH_EVERY, CurrentUser
from app.database import Database, storable
from app.errors import InvalidParameter, NotFound
from app.tables import ApiKey, User, now

PREFIX = "vc-"
MAX_PER_USER = 50
MAX_NAME = 64


@dataclass(frozen=True, slots=True)
class ApiKeyInfo:
    """A key as its owner sees it after it was made: never the key itself."""

    id: str
    name: str
    hint: str
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """A key in the only moment in which it is readable."""

    info: ApiKeyInfo
    plaintext: str


class ApiKeys:
    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, user_id: str, name: str) -> NewApiKey:
        name = name.strip()
        if not 1 <= len(name) <= MAX_NAME or not name.isprintable():
            raise InvalidParameter(f"Give the key a name of 1 to {MAX_NAME} characters.", "name")
        plaintext = PREFIX + secrets.token_urlsafe(32)
        with self._database.begin() as db:
            count = db.scalar(
                select(func.count())
                .select_from(ApiKey)
                .where(ApiKey.user_id == user_id, ApiKey.revoked_at.is_(None))
            )
            if (count or 0) >= MAX_PER_USER:
                raise InvalidParameter(
                    f"You have {MAX_PER_USER} keys already. Revoke one that you do not use."
                )
            row = ApiKey(
                user_id=user_id,
                name=name,
                key_sha256=_digest(plaintext),
                hint=plaintext[: len(PREFIX) + 4],
            )
            db.add(row)
            db.flush()
            return NewApiKey(_info(row), plaintext)

    def list(self, user_id: str) -> list[ApiKeyInfo]:
        """A person's usable keys, the newest first."""
        query = (
            select(ApiKey)
            .where(ApiKey.user_id == user_id, ApiKey.revoked_at.is_(None))
            .order_by(ApiKey.created_at.desc())
        )
        with self._database.read() as db:
            return [_info(row) for row in db.scalars(query)]

    def revoke(self, user_id: str, key_id: str) -> None:
        """Make a key of this person useless; NotFound when it is not theirs."""
        with self._database.begin() as db:
            revoked = db.scalar(
                update(ApiKey)
                .where(ApiKey.id == storable(key_id), ApiKey.user_id == user_id)
                .where(ApiKey.revoked_at.is_(None))
                .values(revoked_at=now())
                .returning(ApiKey.id)
            )
        if revoked is None:
            raise NotFound("There is no such key.")

    def resolve(self, plaintext: str) -> CurrentUser | None:
        """The owner of a key, or None when it is unknown or revoked, or its owner disabled."""
        if not plaintext.startswith(PREFIX):
            return None
        query = (
            select(ApiKey.id, ApiKey.last_used_at, User.id, User.username, User.role)
            .join(User, User.id == ApiKey.user_id)
            .where(ApiKey.key_sha256 == _digest(plaintext))
            .where(ApiKey.revoked_at.is_(None), User.status == "active")
        )
        with self._database.read() as db:
            found = db.execute(query).one_or_none()
        if found is None:
            return None
        key_id, last_used_at, user_id, username, role = found
        if last_used_at is None or now() - last_used_at >= TOUCH_EVERY:
            with self._database.begin() as db:
                db.execute(update(ApiKey).where(ApiKey.id == key_id).values(last_used_at=now()))
        return CurrentUser(user_id, username, role, api_key_id=key_id)

    def alive(self, key_ids: Collection[str]) -> set[str]:
        """Those of the keys that still work."""
        query = (
            select(ApiKey.id)
            .join(User, User.id == ApiKey.user_id)
            .where(ApiKey.id.in_(key_ids))
            .where(ApiKey.revoked_at.is_(None), User.status == "active")
        )
        with self._database.read() as db:
            return set(db.scalars(query))


def _info(row: ApiKey) -> ApiKeyInfo:
    return ApiKeyInfo(row.id, row.name, row.hint, row.created_at, row.last_used_at)


def _digest(plaintext: str) -> str:
    return hashlib.sha256(plaintext.encode("utf-8", "surrogatepass")).hexdigest()
