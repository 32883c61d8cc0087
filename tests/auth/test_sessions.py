"""Login sessions: tokens, expiry, listing and ending."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from app.auth.accounts import Accounts
from app.auth.sessions import ABSOLUTE_LIFETIME, MAX_PER_USER, Sessions
from app.database import Database
from app.errors import NotFound
from app.tables import LoginSession, User, now

PASSWORD = "a quiet harbour at dawn"


@pytest.fixture
def sessions(accounts: Accounts) -> Sessions:
    return accounts.sessions


@pytest.fixture
def ada(accounts: Accounts) -> str:
    return accounts.users.add("Ada", PASSWORD).id


def _set(database: Database, **values: object) -> None:
    with database.begin() as db:
        db.execute(update(LoginSession).values(**values))


def test_a_token_stands_for_its_person(sessions: Sessions, ada: str) -> None:
    token = sessions.create(ada, "10.0.0.1", "Firefox")
    user = sessions.resolve(token)
    assert user is not None
    assert (user.id, user.username, user.role, user.is_admin) == (ada, "Ada", "admin", True)
    (login,) = sessions.list(ada)
    assert login.id == user.session_id
    assert (login.address, login.user_agent) == ("10.0.0.1", "Firefox")


def test_tokens_are_long_and_never_the_same(sessions: Sessions, ada: str) -> None:
    tokens = {sessions.create(ada, "", "") for _ in range(20)}
    assert len(tokens) == 20
    assert min(map(len, tokens)) >= 43, "256 bits"


def test_the_database_holds_no_token(
    database: Database, sessions: Sessions, ada: str, tmp_path: Path
) -> None:
    token = sessions.create(ada, "", "")
    for path in (tmp_path / "data").iterdir():
        assert token.encode() not in path.read_bytes()
    with database.read() as db:
        assert len(db.scalars(select(LoginSession.token_sha256)).one()) == 64


@pytest.mark.parametrize("token", ["", "x", "\0", "\ud800", "a" * 10_000])
def test_unknown_tokens_are_nobody(sessions: Sessions, ada: str, token: str) -> None:
    sessions.create(ada, "", "")
    assert sessions.resolve(token) is None
    sessions.end_token(token)
    assert len(sessions.list(ada)) == 1


def test_an_idle_login_ends(database: Database, sessions: Sessions, ada: str) -> None:
    token = sessions.create(ada, "", "")
    _set(database, last_seen_at=now() - timedelta(hours=167))
    assert sessions.resolve(token) is not None
    _set(database, last_seen_at=now() - timedelta(hours=168, seconds=1))
    assert sessions.resolve(token) is None
    assert sessions.list(ada) == []


def test_a_busy_login_ends_after_30_days(database: Database, sessions: Sessions, ada: str) -> None:
    token = sessions.create(ada, "", "")
    _set(database, created_at=now() - ABSOLUTE_LIFETIME)
    assert sessions.resolve(token) is None
    assert timedelta(days=30) >= ABSOLUTE_LIFETIME
    sessions.create(ada, "", "")
    with database.read() as db:
        assert len(db.scalars(select(LoginSession.id)).all()) == 1, "expired rows are removed"


def test_last_seen_is_written_at_most_once_a_minute(
    database: Database, sessions: Sessions, ada: str
) -> None:
    token = sessions.create(ada, "", "")
    recent = now() - timedelta(seconds=50)
    _set(database, last_seen_at=recent)
    sessions.resolve(token)
    assert sessions.list(ada)[0].last_seen_at == recent
    _set(database, last_seen_at=now() - timedelta(seconds=70))
    sessions.resolve(token)
    assert now() - sessions.list(ada)[0].last_seen_at < timedelta(seconds=10)


def test_ending_logins(accounts: Accounts, sessions: Sessions, ada: str) -> None:
    tokens = [sessions.create(ada, "", "") for _ in range(4)]
    ids = [user.session_id for token in tokens if (user := sessions.resolve(token))]
    assert sessions.alive({str(i) for i in ids}) == set(ids)
    sessions.end(ada, str(ids[0]))
    assert sessions.resolve(tokens[0]) is None
    assert sessions.end_others(ada, ids[3]) == 2
    assert [sessions.resolve(token) is not None for token in tokens] == [False] * 3 + [True]
    assert sessions.alive({str(i) for i in ids}) == {ids[3]}
    sessions.end_token(tokens[3])
    assert sessions.list(ada) == []
    sessions.create(ada, "", "")
    assert sessions.end_others(ada, None) == 1


def test_foreign_logins_look_like_missing_ones(
    accounts: Accounts, sessions: Sessions, ada: str
) -> None:
    bob = accounts.users.add("bob", PASSWORD).id
    token = sessions.create(ada, "", "")
    foreign = sessions.list(ada)[0].id
    messages = set()
    for session_id in (foreign, "0" * 32, "", "\0", "\ud800"):
        with pytest.raises(NotFound) as caught:
            sessions.end(bob, session_id)
        messages.add(caught.value.message)
    assert len(messages) == 1
    assert sessions.end_others(bob, None) == 0
    assert sessions.resolve(token) is not None


def test_the_number_of_logins_is_bounded(sessions: Sessions, ada: str) -> None:
    tokens = [sessions.create(ada, "", "") for _ in range(MAX_PER_USER + 2)]
    assert len(sessions.list(ada)) == MAX_PER_USER
    assert sessions.resolve(tokens[0]) is None
    assert sessions.resolve(tokens[-1]) is not None


def test_a_login_of_an_account_that_is_not_active_is_nobody(
    database: Database, sessions: Sessions, ada: str
) -> None:
    """Even if whatever disabled the account forgot to end its logins."""
    token = sessions.create(ada, "", "")
    login = sessions.list(ada)[0].id
    with database.begin() as db:
        db.execute(update(User).values(status="disabled"))
    assert sessions.resolve(token) is None
    assert sessions.alive({login}) == set()
