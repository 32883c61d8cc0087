"""Accounts: registration, the check of a password, and what admins do to accounts.

Everything here is synchronous. The methods that hash a password (`register`, `authenticate`,
`change_password`, `reset_password`) take some 20 ms of a core: from the event loop, call them
through `HashingPool.run`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session

from app.auth import passwords, usernames
from app.auth.throttle import Throttle
from app.database import Database, storable
from app.errors import Forbidden, InvalidAccount, NotAuthenticated, NotFound, UsernameTaken
from app.tables import LoginSession, Role, Status, User

Registration = Literal["open", "approval", "closed"]

WRONG_CREDENTIALS = "The username or the password is wrong."


@dataclass(frozen=True, slots=True)
class Account:
    """An account without its secrets."""

    id: str
    username: str
    role: Role
    status: Status
    created_at: datetime


class Users:
    def __init__(self, database: Database, throttle: Throttle, registration: Registration) -> None:
        self._database = database
        self._throttle = throttle
        self._registration = registration

    def register(self, username: str, password: str) -> Account:
        """Open an account as a stranger does. The first one becomes an active admin, whatever the
        registration mode: somebody has to be able to let the others in."""
        return self._create(username, password, as_stranger=True)

    def add(self, username: str, password: str) -> Account:
        """Open an account as an operator does: active at once, also when registration is closed."""
        return self._create(username, password, as_stranger=False)

    def authenticate(self, username: str, password: str, address: str) -> Account:
        """The account if the password is right; NotAuthenticated or TooManyAttempts otherwise."""
        key = usernames.comparison_key(username)
        attempt = self._throttle.reserve(key, address)
        with self._database.read() as db:
            row = db.scalar(_by_key(key)) if len(key) <= 256 else None
        checked = passwords.verify(password, row.password_hash if row else None)
        if row is None or not checked.ok:
            raise NotAuthenticated(WRONG_CREDENTIALS)
        self._throttle.succeeded(attempt)
        if row.status == "pending":
            raise NotAuthenticated("An admin has to approve this account before you can log in.")
        if row.status != "active":
            raise NotAuthenticated("This account is disabled. Ask an admin to enable it.")
        if checked.new_hash is not None:
            with self._database.begin() as db:
                _fetch(db, row.id).password_hash = checked.new_hash
        return _account(row)

    def change_password(
        self, user_id: str, current: str, new: str, keep_session_id: str | None
    ) -> None:
        """Set a new password and end all the person's other logins."""
        # A lane of its own: strangers who fail at the login page must not stand in the way here.
        attempt = self._throttle.reserve(f"\0change\0{user_id}", "")
        with self._database.read() as db:
            row = _fetch(db, user_id)
        if not passwords.verify(current, row.password_hash).ok:
            raise InvalidAccount("The current password is wrong.")
        self._throttle.succeeded(attempt)
        self._set_password(user_id, new, keep_session_id)

    def reset_password(self, user_id: str, new: str) -> None:
        """Set a password for somebody who forgot theirs, and end all their logins."""
        self._set_password(user_id, new, keep_session_id=None)

    def approve(self, user_id: str) -> Account:
        return self._set_status(user_id, "active", only_from="pending")

    def enable(self, user_id: str) -> Account:
        return self._set_status(user_id, "active")

    def disable(self, user_id: str) -> Account:
        """Shut an account and end its logins; Forbidden for the last admin."""
        return self._set_status(user_id, "disabled")

    def promote(self, user_id: str) -> Account:
        return self._set_role(user_id, "admin")

    def demote(self, user_id: str) -> Account:
        """Take the admin role back; Forbidden for the last admin."""
        return self._set_role(user_id, "user")

    def list(self) -> list[Account]:
        """All accounts, the oldest first."""
        with self._database.read() as db:
            return [_account(row) for row in db.scalars(select(User).order_by(User.created_at))]

    def find(self, username: str) -> Account:
        """The account of that name, compared as at login."""
        with self._database.read() as db:
            row = db.scalar(_by_key(usernames.comparison_key(username)))
        if row is None:
            raise NotFound(f"There is no user {username!r}.")
        return _account(row)

    def _create(self, username: str, password: str, *, as_stranger: bool) -> Account:
        name = usernames.normalise(username)
        passwords.check_policy(password, name)
        password_hash = passwords.hash_password(password)
        key = usernames.comparison_key(name)
        with self._database.begin() as db:
            is_first = db.scalar(select(User.id).limit(1)) is None
            if as_stranger and self._registration == "closed" and not is_first:
                raise Forbidden("Registration is closed. Ask an admin for an account.")
            if db.scalar(_by_key(key)) is not None:
                raise UsernameTaken("This username is taken. Choose another one.")
            waits = as_stranger and self._registration == "approval" and not is_first
            row = User(
                username=name,
                username_key=key,
                password_hash=password_hash,
                role="admin" if is_first else "user",
                status="pending" if waits else "active",
            )
            db.add(row)
            db.flush()
            return _account(row)

    def _set_password(self, user_id: str, new: str, keep_session_id: str | None) -> None:
        with self._database.read() as db:
            username = _fetch(db, user_id).username
        passwords.check_policy(new, username)
        password_hash = passwords.hash_password(new)
        with self._database.begin() as db:
            _fetch(db, user_id).password_hash = password_hash
            _end_logins(db, user_id, keep_session_id)

    def _set_status(self, user_id: str, status: Status, only_from: Status | None = None) -> Account:
        with self._database.begin() as db:
            row = _fetch(db, user_id)
            if only_from is not None and row.status != only_from:
                raise Forbidden(f"{row.username} is {row.status}, not {only_from}.")
            if status != "active":
                _keep_an_admin(db, row)
                _end_logins(db, user_id, None)
            row.status = status
            return _account(row)

    def _set_role(self, user_id: str, role: Role) -> Account:
        with self._database.begin() as db:
            row = _fetch(db, user_id)
            if role != "admin":
                _keep_an_admin(db, row)
            row.role = role
            return _account(row)


def _by_key(key: str) -> Select[User]:
    return select(User).where(User.username_key == storable(key))


def _fetch(db: Session, user_id: str) -> User:
    row = db.get(User, storable(user_id))
    if row is None:
        raise NotFound("There is no such user.")
    return row


def _end_logins(db: Session, user_id: str, keep_session_id: str | None) -> None:
    db.execute(
        delete(LoginSession).where(
            LoginSession.user_id == user_id, LoginSession.id != (keep_session_id or "")
        )
    )


def _keep_an_admin(db: Session, row: User) -> None:
    """Without any admin nobody could approve, enable or promote again."""
    if row.role != "admin" or row.status != "active":
        return
    admins = db.scalar(
        select(func.count()).select_from(User).where(User.role == "admin", User.status == "active")
    )
    if admins == 1:
        raise Forbidden(f"{row.username} is the last admin. Promote somebody else first.")


def _account(row: User) -> Account:
    return Account(row.id, row.username, row.role, row.status, row.created_at)
