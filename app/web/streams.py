"""Open event streams, and their end when the login or the key behind them ends."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from anyio import to_thread

from app.auth.accounts import Accounts
from app.auth.sessions import CurrentUser

logger = logging.getLogger(__name__)

CHECK_EVERY_S = 1.0


class OpenStreams:
    """Asks the database once a second about all streams together, so that it does not matter
    which process or command ended the login."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._open: dict[asyncio.Timeout, CurrentUser] = {}
        self._checker: asyncio.Task[None] | None = None

    async def run(
        self,
        user: CurrentUser | None,
        call: Callable[[Callable[[], None]], Awaitable[None]],
    ) -> bool:
        """Await `call`, which is handed a function to say that it has become an event stream.

        Returns False if the stream was ended because its owner may no longer read it.
        """
        deadline = asyncio.timeout(None)

        def became_stream() -> None:
            if user is not None:
                self._open[deadline] = user
                self._watch()

        try:
            async with deadline:
                await call(became_stream)
        except TimeoutError:
            if not deadline.expired():
                raise
            return False
        finally:
            self._open.pop(deadline, None)
        return True

    def _watch(self) -> None:
        if self._checker is None or self._checker.done():
            self._checker = asyncio.create_task(self._check_until_none())

    async def _check_until_none(self) -> None:
        while self._open:
            await asyncio.sleep(CHECK_EVERY_S)
            watched = dict(self._open)
            try:
                alive = await to_thread.run_sync(self._alive, set(watched.values()))
            except Exception:
                logger.exception("Could not check the open streams; trying again")
                continue
            for deadline, user in watched.items():
                if user not in alive and deadline in self._open:
                    deadline.reschedule(asyncio.get_running_loop().time())

    def _alive(self, users: set[CurrentUser]) -> set[CurrentUser]:
        sessions = self._accounts.sessions.alive({u.session_id for u in users if u.session_id})
        keys = self._accounts.api_keys.alive({u.api_key_id for u in users if u.api_key_id})
        return {user for user in users if user.session_id in sessions or user.api_key_id in keys}
