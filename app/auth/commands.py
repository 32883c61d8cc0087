"""What the `users` commands do: plain functions over a Database that return data.

Parsing, asking for a password and printing belong to the command line. Each works beside a
running app: it touches nothing but the database, and the app notices within seconds.
"""

from app.auth.api_keys import ApiKeyInfo, ApiKeys, NewApiKey
from app.auth.throttle import Throttle
from app.auth.users import Account, Users
from app.database import Database
from app.errors import NotFound


def list_users(database: Database) -> list[Account]:
    """All accounts, the oldest first."""
    return _users(database).list()


def add(database: Database, username: str, password: str) -> Account:
    """Open an account that can log in at once, also when registration is closed. The very first
    one is an admin."""
    return _users(database).add(username, password)


def enable(database: Database, username: str) -> Account:
    """Let a disabled account log in again, or approve one that waits."""
    users = _users(database)
    return users.enable(users.find(username).id)


def disable(database: Database, username: str) -> Account:
    """Shut an account and end its logins; Forbidden for the last admin."""
    users = _users(database)
    return users.disable(users.find(username).id)


def promote(database: Database, username: str) -> Account:
    """Make somebody an admin."""
    users = _users(database)
    return users.promote(users.find(username).id)


def reset_password(database: Database, username: str, password: str) -> Account:
    """Set a password for somebody who forgot theirs, and end all their logins."""
    users = _users(database)
    account = users.find(username)
    users.reset_password(account.id, password)
    return account


def make_api_key(database: Database, username: str, name: str = "command line") -> NewApiKey:
    """Make an API key for somebody; it is readable only in this return value."""
    account = _users(database).find(username)
    return ApiKeys(database).create(account.id, name)


def list_api_keys(database: Database, username: str) -> list[ApiKeyInfo]:
    """Somebody's usable keys, the newest first."""
    return ApiKeys(database).list(_users(database).find(username).id)


def revoke_api_key(database: Database, username: str, key_id: str) -> ApiKeyInfo:
    """Make a key of somebody useless; NotFound if they have none with that id."""
    account, keys = _users(database).find(username), ApiKeys(database)
    revoked = next((key for key in keys.list(account.id) if key.id == key_id), None)
    if revoked is None:
        raise NotFound(
            f"{account.username} has no key with the id {key_id!r}. See them with: "
            f"python launch.py users api-key {account.username} --list"
        )
    keys.revoke(account.id, key_id)
    return revoked


def _users(database: Database) -> Users:
    return Users(database, Throttle(database), registration="open")
