"""The `users` commands in the terminal: passwords read, accounts and API keys printed."""

import argparse
import getpass
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict

from app.auth import commands
from app.auth.api_keys import ApiKeyInfo
from app.auth.users import Account
from app.database import Database
from app.errors import InvalidAccount


def users(database: Database, options: argparse.Namespace) -> None:
    """Do what the parsed command line says. Raises VinoChatError with a sentence that helps."""
    match options.action:
        case "list":
            _print_accounts(commands.list_users(database), options.json)
        case "api-key":
            _api_key(database, options)
        case "add" | "reset-password":
            change = commands.add if options.action == "add" else commands.reset_password
            account = change(database, options.username, _read_password())
            _print_accounts([account], options.json)
        case _:
            change_status = getattr(commands, options.action)
            _print_accounts([change_status(database, options.username)], options.json)


def _api_key(database: Database, options: argparse.Namespace) -> None:
    if options.list:
        _print_keys(commands.list_api_keys(database, options.username), options.json)
    elif options.revoke is not None:
        key = commands.revoke_api_key(database, options.username, options.revoke)
        _print_keys([key], options.json, "revoked")
    else:
        made = commands.make_api_key(database, options.username, options.key_name)
        if options.json:
            print(json.dumps(_key_row(made.info) | {"key": made.plaintext}, ensure_ascii=False))
        else:
            print(f"{made.info.name}, id {made.info.id}. This is the only time the key is shown:")
            print(made.plaintext)


def _print_keys(keys: Sequence[ApiKeyInfo], as_json: bool, what: str = "") -> None:
    if as_json:
        print(json.dumps([_key_row(key) for key in keys], ensure_ascii=False))
        return
    for key in keys:
        used = f"used {key.last_used_at:%Y-%m-%d}" if key.last_used_at else "never used"
        made = f"made {key.created_at:%Y-%m-%d}"
        print(f"{key.id}  {key.hint}…  {made}  {what or used}  {key.name}")


def _key_row(key: ApiKeyInfo) -> dict[str, str | None]:
    used = key.last_used_at and key.last_used_at.isoformat()
    return asdict(key) | {"created_at": key.created_at.isoformat(), "last_used_at": used}


def _read_password() -> str:
    """From the terminal without showing it, or the first line of standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    try:
        password, again = getpass.getpass("Password: "), getpass.getpass("Password again: ")
    except EOFError:
        raise InvalidAccount("There was no password. Type one twice.") from None
    if again != password:
        raise InvalidAccount("The two passwords differ. Type the same one twice.")
    return password


def _print_accounts(accounts: Sequence[Account], as_json: bool) -> None:
    if as_json:
        rows = [asdict(a) | {"created_at": a.created_at.isoformat()} for a in accounts]
        print(json.dumps(rows, ensure_ascii=False))
        return
    for account in accounts:
        print(f"{account.username:<24} {account.role:<6} {account.status}")
