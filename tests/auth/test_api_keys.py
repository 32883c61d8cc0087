"""API keys: shown once, kept as a hash, gone when revoked."""

from pathlib import Path

import pytest

from app.auth.accounts import Accounts
from app.auth.api_keys import MAX_PER_USER
from app.errors import InvalidParameter, NotFound

PASSWORD = "a quiet harbour at dawn"


@pytest.fixture
def ada(accounts: Accounts) -> str:
    return accounts.users.add("ada", PASSWORD).id


def test_a_key_stands_for_its_owner(accounts: Accounts, ada: str, tmp_path: Path) -> None:
    made = accounts.api_keys.create(ada, " my script ")
    assert made.plaintext.startswith("vc-")
    assert len(made.plaintext) >= 3 + 43
    assert made.plaintext.startswith(made.info.hint)
    assert len(made.info.hint) <= 8
    assert made.info.name == "my script"
    user = accounts.api_keys.resolve(made.plaintext)
    assert user is not None
    assert (user.id, user.session_id, user.api_key_id) == (ada, None, made.info.id)
    (listed,) = accounts.api_keys.list(ada)
    assert listed.last_used_at is not None
    for path in (tmp_path / "data").iterdir():
        assert made.plaintext.encode() not in path.read_bytes()


@pytest.mark.parametrize("plaintext", ["", "vc-", "vc-x", "\0", "vc-\ud800"])
def test_unknown_keys_are_nobody(accounts: Accounts, ada: str, plaintext: str) -> None:
    accounts.api_keys.create(ada, "x")
    assert accounts.api_keys.resolve(plaintext) is None


def test_a_revoked_key_is_useless(accounts: Accounts, ada: str) -> None:
    made = accounts.api_keys.create(ada, "x")
    assert accounts.api_keys.alive({made.info.id}) == {made.info.id}
    accounts.api_keys.revoke(ada, made.info.id)
    assert accounts.api_keys.resolve(made.plaintext) is None
    assert accounts.api_keys.alive({made.info.id}) == set()
    assert accounts.api_keys.list(ada) == []
    with pytest.raises(NotFound):
        accounts.api_keys.revoke(ada, made.info.id)


def test_the_keys_of_a_disabled_account_do_not_work(accounts: Accounts, ada: str) -> None:
    bob = accounts.users.add("bob", PASSWORD).id
    made = accounts.api_keys.create(bob, "x")
    accounts.users.disable(bob)
    assert accounts.api_keys.resolve(made.plaintext) is None
    assert accounts.api_keys.alive({made.info.id}) == set()
    accounts.users.enable(bob)
    assert accounts.api_keys.resolve(made.plaintext) is not None


def test_foreign_keys_look_like_missing_ones(accounts: Accounts, ada: str) -> None:
    bob = accounts.users.add("bob", PASSWORD).id
    made = accounts.api_keys.create(ada, "x")
    messages = set()
    for key_id in (made.info.id, "0" * 32, "\0", "\ud800"):
        with pytest.raises(NotFound) as caught:
            accounts.api_keys.revoke(bob, key_id)
        messages.add(caught.value.message)
    assert len(messages) == 1
    assert accounts.api_keys.list(bob) == []
    assert accounts.api_keys.resolve(made.plaintext) is not None


@pytest.mark.parametrize("name", ["", "  ", "x" * 65, "a\0", "a\nb", "\ud800"])
def test_a_key_needs_a_name(accounts: Accounts, ada: str, name: str) -> None:
    with pytest.raises(InvalidParameter, match="1 to 64"):
        accounts.api_keys.create(ada, name)


def test_the_number_of_keys_is_bounded(accounts: Accounts, ada: str) -> None:
    for number in range(MAX_PER_USER):
        last = accounts.api_keys.create(ada, str(number))
    with pytest.raises(InvalidParameter, match="Revoke"):
        accounts.api_keys.create(ada, "one more")
    accounts.api_keys.revoke(ada, last.info.id)
    accounts.api_keys.create(ada, "one more")
