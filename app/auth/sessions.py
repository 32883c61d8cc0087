"""Login sessions: who is signed in where, and until when. Cookies belong to the routes.

The database holds only the SHA-256 of a token: whoever reads the database cannot sign in with it.
"""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, select, update

from app.database import Database, storable
from app.errors import NotFound
from app.tables import LoginSession, Role, User, now

ABSOLUTE_LIFETIME = timedelta(days=30)
TOUCH_EVERY = timedelta(minutes=1)
MAX_PER_USER = 100


@dataclass(frozen=True, slots=True)
class CurrentUser:
    """Who makes the present request: a login session or, for programs, an API key."""

    id: str
    username: str
    role: Role
    session_id: str | None = None
    api_key_id: str | None = None

    @property
    def is_admin(self) -> bool:
        return self.role == "admin"


@dataclass(frozen=True, slots=True)
class LoginInfo:
    """One login as its owner sees it."""

    id: str
    created_at: datetime
    last_seen_at: datetime
    address: str
    user_agent: str


class Sessions:
    def __init__(self, database: Database, idle_hours: float) -> None:
        self._database = database
        self._idle = timedelta(hours=idle_hours)

    def create(self, user_id: str, address: str, user_agent: str) -> str:
        """Sign in on a device; returns the token for its cookie."""
        token = secrets.token_urlsafe(32)
        with self._database.begin() as db:
            db.execute(delete(LoginSession).where(~self._is_valid()))
            surplus = (
                select(LoginSession.id)
                .where(LoginSession.user_id == user_id)
                .order_by(LoginSession.last_seen_at.desc())
                .offset(MAX_PER_USER - 1)
            )
            db.execute(delete(LoginSession).where(LoginSession.id.in_(surplus)))
            db.add(
                LoginSession(
                    user_id=user_id,
                    token_sha256=_digest(token),
                    address=address[:64],
                    user_agent=user_agent[:256],
                )
            )
        return token

    def resolve(self, token: str) -> CurrentUser | None:
        """The person behind a cookie, or None when it has ended, expired or never existed."""
        query = (
            select(LoginSession.id, LoginSession.last_seen_at, User.id, User.username, User.role)
            .join(User, User.id == LoginSession.user_id)
            .where(LoginSession.token_sha256 == _digest(token))
            .where(self._is_valid(), User.status == "active")
        )
        with self._database.read() as db:
            found = db.execute(query).one_or_none()
        if found is None:
            return None
        session_id, last_seen_at, user_id, username, role = found
        if now() - last_seen_at >= TOUCH_EVERY:
            with self._database.begin() as db:
                db.execute(
                    update(LoginSession)
                    .where(LoginSession.id == session_id)
                    .values(last_seen_at=now())
                )
        return CurrentUser(user_id, username, role, session_id=session_id)

    def alive(self, session_ids: Collection[str]) -> set[str]:
        """Those of the login sessions that are still good."""
        query = (
            select(LoginSession.id)
            .join(User, User.id == LoginSession.user_id)
            .where(LoginSession.id.in_(session_ids))
            .where(self._is_valid(), User.status == "active")
        )
        with self._database.read() as db:
            return set(db.scalars(query))

    def list(self, user_id: str) -> list[LoginInfo]:
        """A person's logins, the latest used first."""
        query = (
            select(LoginSession)
            .where(LoginSession.user_id == user_id, self._is_valid())
            .order_by(LoginSession.last_seen_at.desc())
        )
        with self._database.read() as db:
            return [
                LoginInfo(row.id, row.created_at, row.last_seen_at, row.address, row.user_agent)
                for row in db.scalars(query)
            ]

    def end(self, user_id: str, session_id: str) -> None:
        """End one login of this person; NotFound when it is not theirs."""
        ended = self._end(
            and_(LoginSession.user_id == user_id, LoginSession.id == storable(session_id))
        )
        if not ended:
            raise NotFound("There is no such login.")

    def end_others(self, user_id: str, session_id: str | None) -> int:
        """End all logins of this person but the given one; returns how many ended."""
        return self._end(
            and_(LoginSession.user_id == user_id, LoginSession.id != (session_id or ""))
        )

    def end_token(self, token: str) -> None:
        """End the login that a cookie stands for, if there is one."""
        self._end(LoginSession.token_sha256 == _digest(token))

    def _end(self, where: ColumnElement[bool]) -> int:
        with self._database.begin() as db:
            ended = list(db.scalars(delete(LoginSession).where(where).returning(LoginSession.id)))
        return len(ended)

    def _is_valid(self) -> ColumnElement[bool]:
        time = now()
        return and_(
            LoginSession.last_seen_at > time - self._idle,
            LoginSession.created_at > time - ABSOLUTE_LIFETIME,
        )


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
