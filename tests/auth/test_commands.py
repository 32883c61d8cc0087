"""The functions behind the `users` commands, beside an app that runs."""

import pytest

from app.auth import commands
from app.auth.accounts import Accounts
from app.database import Database
from app.errors import NotFound

PASSWORD = "a quiet harbour at dawn"


def test_a_life_in_commands(database: Database, accounts: Accounts) -> None:
    assert commands.add(database, "ada", PASSWORD).role == "admin"
    assert commands.add(database, "bob", PASSWORD).role == "user"
    assert [account.username for account in commands.list_users(database)] == ["ada", "bob"]
    token = accounts.sessions.create(commands.list_users(database)[1].id, "", "")
    assert commands.disable(database, "BOB").status == "disabled"
    assert accounts.sessions.resolve(token) is None
    assert commands.enable(database, "bob").status == "active"
    assert commands.promote(database, "bob").role == "admin"
    commands.reset_password(database, "bob", "another quiet harbour")
    assert accounts.users.authenticate("bob", "another quiet harbour", "").username == "bob"
    key = commands.make_api_key(database, "bob").plaintext
    user = accounts.api_keys.resolve(key)
    assert user is not None
    assert user.username == "bob"


def test_an_unknown_name_is_named(database: Database) -> None:
    for act in (commands.enable, commands.disable, commands.promote, commands.make_api_key):
        with pytest.raises(NotFound, match="nobody"):
            act(database, "nobody")
