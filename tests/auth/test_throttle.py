"""Guessing is slowed down per account and per address, also in parallel and after a restart."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from app.auth import throttle
from app.auth.throttle import MAX_PER_ACCOUNT, MAX_PER_ADDRESS, Throttle
from app.database import Database
from app.errors import TooManyAttempts
from app.tables import LoginAttempt, now


@pytest.fixture
def limits(database: Database) -> Throttle:
    return Throttle(database)


def _age(database: Database, by: timedelta) -> None:
    with database.begin() as db:
        db.execute(update(LoginAttempt).values(created_at=now() - by))


def test_the_eleventh_failure_of_an_account_has_to_wait(limits: Throttle) -> None:
    for number in range(MAX_PER_ACCOUNT):
        limits.reserve("ada", f"10.0.0.{number}")
    with pytest.raises(TooManyAttempts) as caught:
        limits.reserve("ada", "10.0.1.1")
    assert 14 * 60 < caught.value.retry_after <= 15 * 60 + 1
    assert "15 minutes" in caught.value.message
    limits.reserve("bob", "10.0.0.1")


def test_an_address_has_to_wait_whatever_names_it_tries(limits: Throttle) -> None:
    for number in range(MAX_PER_ADDRESS):
        limits.reserve(f"name{number}", "10.0.0.1")
    with pytest.raises(TooManyAttempts):
        limits.reserve("other", "10.0.0.1")
    limits.reserve("other", "10.0.0.2")


def test_addresses_of_one_ipv6_network_count_together(limits: Throttle) -> None:
    for number in range(MAX_PER_ADDRESS):
        limits.reserve(f"name{number}", f"2001:db8:1:2::{number:x}")
    with pytest.raises(TooManyAttempts):
        limits.reserve("other", "2001:db8:1:2:ffff::1")
    limits.reserve("other", "2001:db8:1:3::1")
    limits.reserve("other", "::ffff:10.0.0.1")
    limits.reserve("other", "not an address")


def test_it_survives_a_restart_and_ends_after_the_window(
    database: Database, limits: Throttle
) -> None:
    for _ in range(MAX_PER_ACCOUNT):
        limits.reserve("ada", "10.0.0.1")
    restarted = Throttle(database)
    with pytest.raises(TooManyAttempts):
        restarted.reserve("ada", "10.0.0.1")
    _age(database, throttle.WINDOW - timedelta(seconds=30))
    with pytest.raises(TooManyAttempts) as caught:
        restarted.reserve("ada", "10.0.0.1")
    assert caught.value.retry_after <= 31
    assert "1 minute." in caught.value.message
    _age(database, throttle.WINDOW)
    restarted.reserve("ada", "10.0.0.1")
    with database.read() as db:
        assert db.scalar(select(func.count()).select_from(LoginAttempt)) == 1, "old ones are gone"


def test_success_forgets_the_failures_from_that_address_only(limits: Throttle) -> None:
    for _ in range(5):
        limits.reserve("ada", "10.0.0.66")
    for _ in range(4):
        last = limits.reserve("ada", "10.0.0.1")
    limits.succeeded(last)
    for _ in range(5):
        limits.reserve("ada", "10.0.0.1")
    with pytest.raises(TooManyAttempts):
        limits.reserve("ada", "10.0.0.1")


def test_200_parallel_tries_do_not_slip_through(limits: Throttle) -> None:
    let_through = []
    together = threading.Barrier(20)

    def guess() -> None:
        together.wait()
        for _ in range(10):
            try:
                let_through.append(limits.reserve("ada", "10.0.0.1"))
            except TooManyAttempts:
                continue

    threads = [threading.Thread(target=guess) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(let_through) == MAX_PER_ACCOUNT


def test_what_was_typed_is_not_stored(database: Database, limits: Throttle) -> None:
    limits.reserve("my secret password", "10.0.0.1")
    limits.reserve("\ud800", "10.0.0.1")
    with database.read() as db:
        for row in db.scalars(select(LoginAttempt)):
            assert len(row.account_sha256) == 64
