"""Passwords: the policy, the hash, and the bounded pool that hashing runs in.

The only module that knows passlib. It knows nothing of accounts or the database.
"""

import asyncio
import functools
import os
import secrets
import unicodedata
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from zxcvbn.frequency_lists import FREQUENCY_LISTS

from app.errors import InvalidAccount, RetryLater

with warnings.catch_warnings():
    # passlib 1.7.4 is from 2020: it imports crypt and asks argon2 for its __version__.
    warnings.filterwarnings("ignore", "'crypt' is deprecated", DeprecationWarning)
    warnings.filterwarnings("ignore", r"Accessing argon2\.__version__", DeprecationWarning)
    from passlib.context import CryptContext

    _context = CryptContext(
        schemes=["argon2"],
        argon2__type="ID",
        argon2__memory_cost=19_456,
        argon2__time_cost=2,
        argon2__parallelism=1,
    )
    _context.handler("argon2").get_backend()

MIN_CODE_POINTS = 8
MAX_BYTES = 1024
APP_NAME = "vinochat"
HINT = (
    "At least 8 characters. 15 or more are better: a few unrelated words are strong and easy to "
    "remember. Spaces and every alphabet are welcome."
)

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether the password was right, and the hash to store when the parameters have changed."""

    ok: bool
    new_hash: str | None = None


def check_policy(password: str, username: str) -> None:
    """Raise InvalidAccount with the reason when the password is too weak or cannot be stored."""
    normal = _normalise(password)
    if normal is None:
        raise InvalidAccount("The password holds characters that are not valid text.")
    if len(normal) < MIN_CODE_POINTS:
        raise InvalidAccount(
            f"The password is too short: use at least {MIN_CODE_POINTS} characters, "
            "better 15 or more."
        )
    if len(normal.encode()) > MAX_BYTES:
        raise InvalidAccount(f"The password is too long: use at most {MAX_BYTES} bytes.")
    plain = _comparable(normal)
    if plain == _comparable(username):
        raise InvalidAccount("The password is the username. Choose another one.")
    if plain == APP_NAME:
        raise InvalidAccount("The password is the name of this app. Choose another one.")
    if normal.casefold() in _common_passwords():
        raise InvalidAccount(
            "The password is one of the most common ones. Choose another one, for example a few "
            "unrelated words."
        )


def hash_password(password: str) -> str:
    """Hash a password that passed `check_policy`."""
    normal = _normalise(password)
    if normal is None:
        raise InvalidAccount("The password holds characters that are not valid text.")
    return str(_context.hash(normal))


def verify(password: str, stored_hash: str | None) -> Verification:
    """Compare in the same time whether or not there is an account (None) or a usable hash."""
    normal = _normalise(password)
    if normal is None or len(normal.encode()) > MAX_BYTES:
        normal, stored_hash = "", None
    try:
        known = _dummy_hash() if stored_hash is None else stored_hash
        ok, new_hash = _context.verify_and_update(normal, known)
    except (ValueError, TypeError):
        # A damaged hash is a failed login, and costs as much as one.
        _context.verify(normal, _dummy_hash())
        return Verification(ok=False)
    if stored_hash is None:
        return Verification(ok=False)
    return Verification(ok=bool(ok), new_hash=new_hash)


def warm_up() -> None:
    """Make the first login cost what every other does: the first hash takes twice as long."""
    _context.verify("", _dummy_hash())
    _common_passwords()


class HashingPool:
    """Runs whole password operations off the event loop, few at a time.

    Hashing is the one thing that strangers can make the server work for. One hash may take a core
    for some 20 ms, so half of the cores at most, and a queue with an end.
    """

    def __init__(self, max_waiting: int = 1000) -> None:
        workers = max(1, min(4, (os.cpu_count() or 2) // 2))
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="passwords")
        self._max_waiting = max_waiting
        self._waiting = 0

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if self._waiting >= self._max_waiting:
            raise RetryLater("Too many people are logging in at once. Try again in a moment.")
        self._waiting += 1
        try:
            call = functools.partial(function, *args, **kwargs)
            return await asyncio.get_running_loop().run_in_executor(self._executor, call)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        self._executor.shutdown(wait=False, cancel_futures=True)


def _normalise(password: str) -> str | None:
    """NFC, so that keyboards that compose letters differently agree; None if it is not text."""
    try:
        password.encode()
    except UnicodeEncodeError:
        return None
    return unicodedata.normalize("NFC", password)


def _comparable(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in folded if character.isalnum())


@functools.cache
def _dummy_hash() -> str:
    return str(_context.hash(secrets.token_hex()))


@functools.cache
def _common_passwords() -> frozenset[str]:
    """Leaked passwords, dictionary words and names that are long enough to be chosen here."""
    return frozenset(
        word
        for ranked in FREQUENCY_LISTS.values()
        for word in ranked
        if len(word) >= MIN_CODE_POINTS
    )
