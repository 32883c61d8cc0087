"""Slows down guessing: failed logins are counted per account and per address, in the database.

A try is written down before the password is checked and taken back when it was right, so that
tries which arrive together cannot slip through. Login sessions are never looked at: a person who
is logged in stays so, whatever strangers try.
"""

import hashlib
import ipaddress
from datetime import timedelta

from sqlalchemy import ColumnElement, Select, delete, select

from app.database import Database
from app.errors import TooManyAttempts
from app.tables import LoginAttempt, now

WINDOW = timedelta(minutes=15)
MAX_PER_ACCOUNT = 10
MAX_PER_ADDRESS = 100


class Throttle:
    def __init__(self, database: Database) -> None:
        self._database = database

    def reserve(self, account: str, address: str) -> str:
        """Write down a try that is about to happen; TooManyAttempts says when to come back.

        `account` is any text: it is only ever compared, and only its hash is kept.
        """
        time = now()
        account_sha256 = _digest(account)
        network = _network(address)
        with self._database.begin() as db:
            db.execute(delete(LoginAttempt).where(LoginAttempt.created_at <= time - WINDOW))
            for where, limit in (
                (LoginAttempt.account_sha256 == account_sha256, MAX_PER_ACCOUNT),
                (LoginAttempt.address == network, MAX_PER_ADDRESS),
            ):
                blocking = db.scalar(_nth_newest(where, limit))
                if blocking is not None:
                    wait = blocking.created_at + WINDOW - time
                    raise _too_many(max(1, int(wait.total_seconds()) + 1))
            attempt = LoginAttempt(account_sha256=account_sha256, address=network, created_at=time)
            db.add(attempt)
            db.flush()
            return attempt.id

    def succeeded(self, attempt_id: str) -> None:
        """Forget this account's failures from the address that has just proved itself."""
        with self._database.begin() as db:
            attempt = db.get(LoginAttempt, attempt_id)
            if attempt is None:
                return
            db.execute(
                delete(LoginAttempt).where(
                    LoginAttempt.account_sha256 == attempt.account_sha256,
                    LoginAttempt.address == attempt.address,
                )
            )


def _nth_newest(where: ColumnElement[bool], n: int) -> Select[LoginAttempt]:
    return (
        select(LoginAttempt)
        .where(where)
        .order_by(LoginAttempt.created_at.desc())
        .offset(n - 1)
        .limit(1)
    )


def _too_many(retry_after: int) -> TooManyAttempts:
    minutes = -(-retry_after // 60)
    return TooManyAttempts(
        f"Too many failed logins. Try again in {minutes} minute{'s' if minutes > 1 else ''}.",
        retry_after,
    )


def _digest(account: str) -> str:
    return hashlib.sha256(account.encode("utf-8", "surrogatepass")).hexdigest()


def _network(address: str) -> str:
    """The address, or for IPv6 its /64: one household has billions of those."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)
    return str(parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else parsed)
