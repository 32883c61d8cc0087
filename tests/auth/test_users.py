"""Accounts: registration, login, passwords and what admins do."""

import threading

import pytest
from passlib.hash import argon2
from sqlalchemy import select, update

from app.auth.accounts import Accounts
from app.config import Settings
from app.database import Database
from app.errors import (
    Forbidden,
    InvalidAccount,
    NotAuthenticated,
    NotFound,
    TooManyAttempts,
    UsernameTaken,
    VinoChatError,
)
from app.tables import User

PASSWORD = "a quiet harbour at dawn"
OTHER = "another quiet harbour"
HERE = "10.0.0.1"


def _with_registration(database: Database, settings: Settings, mode: str) -> Accounts:
    return Accounts(database, settings.model_copy(update={"registration": mode}))


def test_the_first_account_is_an_admin(accounts: Accounts) -> None:
    first = accounts.users.register("Ada", PASSWORD)
    second = accounts.users.register("bob", PASSWORD)
    assert (first.role, first.status) == ("admin", "active")
    assert (second.role, second.status) == ("user", "active")
    assert [account.username for account in accounts.users.list()] == ["Ada", "bob"]


def test_50_parallel_registrations_of_one_name_make_one_account(accounts: Accounts) -> None:
    forms = ("ada", "ADA", "Ada", "Ａｄａ", "aDa")
    results: list[str] = []
    together = threading.Barrier(10)

    def register() -> None:
        together.wait()
        for name in forms:
            try:
                results.append(accounts.users.register(name, PASSWORD).role)
            except UsernameTaken:
                results.append("taken")

    threads = [threading.Thread(target=register) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["admin"] + ["taken"] * 49
    assert len(accounts.users.list()) == 1


def test_parallel_first_registrations_make_one_admin(accounts: Accounts) -> None:
    threads = [
        threading.Thread(target=accounts.users.register, args=(f"user{i}", PASSWORD))
        for i in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    roles = sorted(account.role for account in accounts.users.list())
    assert roles == ["admin"] + ["user"] * 7


def test_registration_can_need_approval(database: Database, settings: Settings) -> None:
    users = _with_registration(database, settings, "approval").users
    assert users.register("ada", PASSWORD).status == "active"
    bob = users.register("bob", PASSWORD)
    assert bob.status == "pending"
    with pytest.raises(NotAuthenticated, match="approve"):
        users.authenticate("bob", PASSWORD, HERE)
    with pytest.raises(NotAuthenticated, match="wrong"):
        users.authenticate("bob", "wrong password", HERE)
    assert users.approve(bob.id).status == "active"
    assert users.authenticate("bob", PASSWORD, HERE).id == bob.id
    with pytest.raises(Forbidden):
        users.approve(bob.id)


def test_registration_can_be_closed_but_not_to_the_first(
    database: Database, settings: Settings
) -> None:
    users = _with_registration(database, settings, "closed").users
    assert users.register("ada", PASSWORD).role == "admin"
    with pytest.raises(Forbidden, match="closed"):
        users.register("bob", PASSWORD)
    assert users.add("bob", PASSWORD).status == "active"


def test_login_compares_without_case_and_gives_one_message(accounts: Accounts) -> None:
    ada = accounts.users.register("Ada", PASSWORD)
    assert accounts.users.authenticate("aDA", PASSWORD, HERE).id == ada.id
    messages = set()
    for name, password in (
        ("Ada", "wrong password"),
        ("nobody", PASSWORD),
        ("", ""),
        ("\ud800", "\ud800"),
        ("x" * 10_000, "y" * 10_000),
        ("a\0", "b\0"),
    ):
        with pytest.raises(NotAuthenticated) as caught:
            accounts.users.authenticate(name, password, HERE)
        messages.add(caught.value.message)
    assert len(messages) == 1


def test_guessing_is_throttled_and_success_resets(accounts: Accounts) -> None:
    accounts.users.register("ada", PASSWORD)

    def fail(times: int) -> None:
        for _ in range(times):
            with pytest.raises(NotAuthenticated):
                accounts.users.authenticate("ADA", "wrong password", HERE)

    fail(9)
    accounts.users.authenticate("ada", PASSWORD, HERE)
    fail(10)
    with pytest.raises(TooManyAttempts):
        accounts.users.authenticate("ada", PASSWORD, HERE)


def test_a_broken_stored_hash_is_a_failed_login(database: Database, accounts: Accounts) -> None:
    accounts.users.register("ada", PASSWORD)
    with database.begin() as db:
        db.execute(update(User).values(password_hash="$argon2id$broken"))
    with pytest.raises(NotAuthenticated):
        accounts.users.authenticate("ada", PASSWORD, HERE)


def test_login_renews_an_old_hash(database: Database, accounts: Accounts) -> None:
    accounts.users.register("ada", PASSWORD)
    old = argon2.using(type="ID", memory_cost=8192, time_cost=1, parallelism=1).hash(PASSWORD)
    with database.begin() as db:
        db.execute(update(User).values(password_hash=old))
    accounts.users.authenticate("ada", PASSWORD, HERE)
    with database.read() as db:
        assert "m=19456,t=2,p=1" in db.scalars(select(User.password_hash)).one()
    accounts.users.authenticate("ada", PASSWORD, HERE)


def test_changing_the_password_ends_the_other_logins(accounts: Accounts) -> None:
    ada = accounts.users.register("ada", PASSWORD)
    tokens = [accounts.sessions.create(ada.id, "", "") for _ in range(3)]
    here = accounts.sessions.resolve(tokens[0])
    assert here is not None
    accounts.users.change_password(ada.id, PASSWORD, OTHER, here.session_id)
    assert [accounts.sessions.resolve(t) is not None for t in tokens] == [True, False, False]
    with pytest.raises(NotAuthenticated):
        accounts.users.authenticate("ada", PASSWORD, HERE)
    accounts.users.authenticate("ada", OTHER, HERE)


def test_changing_the_password_needs_the_current_one_and_a_good_one(accounts: Accounts) -> None:
    ada = accounts.users.register("ada", PASSWORD)
    token = accounts.sessions.create(ada.id, "", "")
    with pytest.raises(InvalidAccount, match="too short"):
        accounts.users.change_password(ada.id, PASSWORD, "short", None)
    for _ in range(10):
        with pytest.raises(InvalidAccount, match="current"):
            accounts.users.change_password(ada.id, "wrong password", OTHER, None)
    with pytest.raises(TooManyAttempts):
        accounts.users.change_password(ada.id, PASSWORD, OTHER, None)
    assert accounts.sessions.resolve(token) is not None, "nobody is locked out by this"
    accounts.users.authenticate("ada", PASSWORD, HERE)


def test_strangers_cannot_keep_a_person_from_changing_the_password(accounts: Accounts) -> None:
    ada = accounts.users.register("ada", PASSWORD)
    token = accounts.sessions.create(ada.id, "", "")
    for _ in range(12):
        with pytest.raises(VinoChatError):
            accounts.users.authenticate("ada", "wrong password", HERE)
    assert accounts.sessions.resolve(token) is not None
    accounts.users.change_password(ada.id, PASSWORD, OTHER, None)


def test_disabling_ends_logins_and_enabling_lets_in_again(accounts: Accounts) -> None:
    accounts.users.register("ada", PASSWORD)
    bob = accounts.users.register("bob", PASSWORD)
    token = accounts.sessions.create(bob.id, "", "")
    assert accounts.users.disable(bob.id).status == "disabled"
    assert accounts.sessions.resolve(token) is None
    with pytest.raises(NotAuthenticated, match="disabled"):
        accounts.users.authenticate("bob", PASSWORD, HERE)
    accounts.users.enable(bob.id)
    accounts.users.authenticate("bob", PASSWORD, HERE)
    assert accounts.sessions.resolve(token) is None, "old logins stay ended"


def test_the_last_admin_stays(accounts: Accounts) -> None:
    ada = accounts.users.register("ada", PASSWORD)
    bob = accounts.users.register("bob", PASSWORD)
    for act in (accounts.users.disable, accounts.users.demote):
        with pytest.raises(Forbidden, match="last admin"):
            act(ada.id)
    assert accounts.users.promote(bob.id).role == "admin"
    assert accounts.users.demote(ada.id).role == "user"
    with pytest.raises(Forbidden, match="last admin"):
        accounts.users.disable(bob.id)
    accounts.users.promote(ada.id)
    accounts.users.disable(ada.id)
    with pytest.raises(Forbidden, match="last admin"):
        accounts.users.demote(bob.id)


def test_resetting_a_password_ends_all_logins(accounts: Accounts) -> None:
    ada = accounts.users.register("ada", PASSWORD)
    token = accounts.sessions.create(ada.id, "", "")
    accounts.users.reset_password(ada.id, OTHER)
    assert accounts.sessions.resolve(token) is None
    accounts.users.authenticate("ada", OTHER, HERE)
    with pytest.raises(InvalidAccount):
        accounts.users.reset_password(ada.id, "password")


@pytest.mark.parametrize("user_id", ["", "0" * 32, "\0", "\ud800", "x" * 10_000])
def test_missing_users_are_not_found(accounts: Accounts, user_id: str) -> None:
    for act in (accounts.users.disable, accounts.users.promote, accounts.users.approve):
        with pytest.raises(NotFound):
            act(user_id)
    with pytest.raises(NotFound):
        accounts.users.find(user_id)
