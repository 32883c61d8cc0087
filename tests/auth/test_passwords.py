"""The password policy, the hash, its timing, and the pool."""

import asyncio
import subprocess
import sys
import threading
import time
import unicodedata
from statistics import median

import pytest
from passlib.hash import argon2
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from app.auth import passwords
from app.errors import InvalidAccount, RetryLater

GOOD = "a quiet harbour at dawn"


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("", "too short"),
        ("seven77", "too short"),
        ("é" * 7, "too short"),
        ("e\u0301" * 7, "too short"),
        ("x" * 1025, "too long"),
        ("é" * 513, "too long"),
        ("password", "most common"),
        ("PassWord1", "most common"),
        ("qwertyuiop", "most common"),
        ("ada.lovelace", "the username"),
        ("ADA.LOVELACE", "the username"),
        ("vinochat", "this app"),
        ("Vino-Chat", "this app"),
        ("half a \ud800 character", "not valid text"),
    ],
)
def test_weak_passwords_are_refused_with_the_reason(password: str, reason: str) -> None:
    with pytest.raises(InvalidAccount, match=reason):
        passwords.check_policy(password, "Ada.Lovelace")


@pytest.mark.parametrize(
    "password", [GOOD, "x1y2z3w4", "пароль от дома", "静かな港の夜明けに", "        ", "x" * 1024]
)
def test_unicode_spaces_and_length_are_welcome(password: str) -> None:
    if password.strip():
        passwords.check_policy(password, "ada")
    stored = passwords.hash_password(password)
    assert passwords.verify(password, stored).ok


def test_thousands_of_common_passwords_are_refused() -> None:
    refused = 0
    for common in FREQUENCY_LISTS["passwords"]:
        if len(common) >= passwords.MIN_CODE_POINTS:
            with pytest.raises(InvalidAccount):
                passwords.check_policy(common, "ada")
            refused += 1
    assert refused > 3000


def test_the_hash_is_argon2id_with_the_promised_cost() -> None:
    stored = passwords.hash_password(GOOD)
    assert stored.startswith("$argon2id$v=19$")
    costs = dict(part.split("=") for part in stored.split("$")[3].split(","))
    assert int(costs["m"]) >= 19 * 1024
    assert int(costs["t"]) >= 2
    assert costs["p"] == "1"
    assert stored != passwords.hash_password(GOOD), "salted"


def test_nothing_is_cut_off() -> None:
    first, second = "x" * 99 + "1", "x" * 99 + "2"
    assert not passwords.verify(second, passwords.hash_password(first)).ok
    assert not passwords.verify("x\0y", passwords.hash_password("x\0z")).ok


def test_keyboards_that_compose_letters_differently_agree() -> None:
    composed = unicodedata.normalize("NFC", "caffè è caldo")
    apart = unicodedata.normalize("NFD", composed)
    assert composed != apart
    assert passwords.verify(apart, passwords.hash_password(composed)).ok


@pytest.mark.parametrize("stored", [None, "", "x", "$argon2id$v=19$m=19456,t=2,p=1$broken", "\0"])
def test_a_missing_or_broken_hash_is_a_failed_login(stored: str | None) -> None:
    for password in (GOOD, "", "x" * 2000):
        assert passwords.verify(password, stored) == passwords.Verification(ok=False)


@pytest.mark.parametrize("password", ["", "x" * 5000, "\ud800", "\0"])
def test_any_text_can_be_tried(password: str) -> None:
    assert not passwords.verify(password, passwords.hash_password(GOOD)).ok


def test_a_hash_with_old_parameters_is_renewed() -> None:
    old = argon2.using(type="ID", memory_cost=8192, time_cost=1, parallelism=1).hash(GOOD)
    checked = passwords.verify(GOOD, old)
    assert checked.ok
    assert checked.new_hash is not None
    assert passwords.verify(GOOD, checked.new_hash) == passwords.Verification(ok=True)
    assert passwords.verify("wrong", old).new_hash is None


def test_known_and_unknown_accounts_take_the_same_time() -> None:
    passwords.warm_up()
    stored = passwords.hash_password(GOOD)
    times: dict[str | None, list[float]] = {stored: [], None: []}
    for _ in range(40):
        for candidate, taken in times.items():
            # Time of this thread: what else the machine does must not count.
            started = time.thread_time()
            passwords.verify("wrong password", candidate)
            taken.append(time.thread_time() - started)
    known, unknown = median(times[stored]), median(times[None])
    assert abs(known - unknown) < 0.1 * known


def test_the_library_is_silent_where_warnings_are_errors() -> None:
    code = (
        "import app.auth.passwords as p; p.warm_up(); assert p.verify('x', p.hash_password('x')).ok"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


@pytest.mark.anyio
async def test_the_pool_leaves_the_event_loop_free_and_is_bounded() -> None:
    pool = passwords.HashingPool(max_waiting=3)
    release = threading.Event()
    running = [asyncio.create_task(pool.run(release.wait)) for _ in range(3)]
    await asyncio.sleep(0.05)
    with pytest.raises(RetryLater):
        await pool.run(release.wait)
    release.set()
    assert await asyncio.gather(*running) == [True] * 3
    assert await pool.run(passwords.verify, "x", None) == passwords.Verification(ok=False)
    pool.close()
