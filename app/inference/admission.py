"""Who may run now and who waits: a bounded waiting queue, fair between users.

Lives on the event loop and knows nothing of engines or text: it counts requests and tokens.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Iterator
from time import monotonic

from app.errors import QueueFull, VinoChatError
from app.inference.types import EngineInfo


class Capacity:
    """What one engine can hold at once, and what it holds now.

    Each engine has its own, so that requests which finish on an old engine after a switch do not
    make room on the new one.
    """

    def __init__(self, info: EngineInfo, max_running: int) -> None:
        self.max_running = min(max_running, info.max_running)
        self.max_tokens = info.cache_tokens
        self.tickets: set[Ticket] = set()
        self.idle = asyncio.Event()
        self.idle.set()

    def admit(self, ticket: "Ticket") -> None:
        self.tickets.add(ticket)
        for other in self.tickets:
            other.together = max(other.together, len(self.tickets))
        self.idle.clear()

    def discharge(self, ticket: "Ticket") -> None:
        self.tickets.discard(ticket)
        if not self.tickets:
            self.idle.set()

    @property
    def running(self) -> int:
        return len(self.tickets)

    def fits(self, tokens: int) -> bool:
        held = sum(ticket.tokens for ticket in self.tickets)
        # A request made for a larger engine may ask for more than there is. Let it in: it is
        # encoded anew for this engine and refused there if it is too long.
        room = held + min(tokens, self.max_tokens) <= self.max_tokens
        return self.running < self.max_running and room

    def running_of(self, user: str) -> int:
        return sum(ticket.user == user for ticket in self.tickets)


class Ticket:
    """One request's place: first in the queue, then on an engine. `release` it in every case."""

    def __init__(self, queue: "Admission", user: str, tokens: int) -> None:
        self._queue, self.user, self.tokens = queue, user, tokens
        self.capacity: Capacity | None = None  # set when admitted, with the time
        self.admitted_at = 0.0
        self.together = 0
        """The most requests that ran at once on its engine while it did, itself included."""
        self.refused: VinoChatError | None = None
        self._news = asyncio.Event()

    @property
    def position(self) -> int:
        """1 is next."""
        return next((i for i, t in enumerate(self._queue.order(), 1) if t is self), 1)

    async def news(self, timeout_s: float) -> None:
        """Return when admitted, refused or moved up, or after `timeout_s` seconds."""
        with contextlib.suppress(TimeoutError):  # wait_for could lose a cancellation (Python 3.11)
            async with asyncio.timeout(timeout_s):
                await self._news.wait()
        self._news.clear()
        if self.refused:
            raise self.refused

    def tell(self) -> None:
        self._news.set()

    def release(self) -> None:
        self._queue.leave(self)


class Admission:
    """Round robin by user over a bounded waiting queue.

    The request at the head waits for its room even where a smaller one behind it would fit:
    otherwise long prompts would starve. Only a user's own cap lets others pass.
    """

    def __init__(self, max_waiting: int, max_running_per_user: int) -> None:
        self._max_waiting, self._per_user = max_waiting, max_running_per_user
        self._waiting: dict[str, deque[Ticket]] = {}  # in the order in which users are served
        self._capacity: Capacity | None = None
        self.last_active = monotonic()
        """When somebody last came or left, or another engine took over, by the monotonic clock."""

    @property
    def waiting(self) -> int:
        return sum(map(len, self._waiting.values()))

    def enter(self, user: str, tokens: int) -> Ticket:
        """Take a ticket. At the bound, whoever waits with most requests loses the newest of them.

        Raises QueueFull if that is this one.
        """
        ticket = Ticket(self, user, tokens)
        self.last_active = monotonic()
        self._waiting.setdefault(user, deque()).append(ticket)
        self._dispatch()
        if ticket.capacity is None and self.waiting > self._max_waiting:
            self._turn_away_one_of_the_longest_line(ticket)
        return ticket

    def _turn_away_one_of_the_longest_line(self, newest: Ticket) -> None:
        error = QueueFull(
            f"{self._max_waiting} requests are waiting already. Try again in a few seconds."
        )
        longest = max(self._waiting.values(), key=len)
        mine = self._waiting[newest.user]
        out = newest if len(mine) == len(longest) else longest[-1]
        self.leave(out)
        if out is newest:
            raise error
        out.refused = error
        out.tell()

    def leave(self, ticket: Ticket) -> None:
        self.last_active = monotonic()
        if ticket.capacity is not None:
            ticket.capacity.discharge(ticket)
        elif ticket in (line := self._waiting.get(ticket.user, deque())):
            line.remove(ticket)
            if not line:
                del self._waiting[ticket.user]
        self._dispatch()

    def serve_from(self, capacity: Capacity | None) -> None:
        """Admit to this engine from now on; None admits nobody."""
        self._capacity = capacity
        self.last_active = monotonic()
        self._dispatch()

    def refuse_waiting(self, error: VinoChatError) -> None:
        """Tell everybody who waits that nothing will come."""
        for ticket in list(self.order()):
            ticket.refused = error
            ticket.tell()

    def order(self) -> Iterator[Ticket]:
        """The waiting tickets, next one first."""
        lines = [iter(line) for line in self._waiting.values()]
        while lines:
            for line in list(lines):
                ticket = next(line, None)
                if ticket is None:
                    lines.remove(line)
                else:
                    yield ticket

    def _dispatch(self) -> None:
        while (ticket := self._next()) is not None and self._capacity is not None:
            line = self._waiting.pop(ticket.user)
            line.popleft()
            if line:
                self._waiting[ticket.user] = line  # behind the other users now
            ticket.capacity, ticket.admitted_at = self._capacity, monotonic()
            self._capacity.admit(ticket)
            ticket.tell()
        for ticket in self.order():
            ticket.tell()

    def _next(self) -> Ticket | None:
        """The head of the first line whose user may run one more, if there is room for it."""
        capacity = self._capacity
        if capacity is None:
            return None
        for user, line in self._waiting.items():
            if capacity.running_of(user) < self._per_user:
                return line[0] if capacity.fits(line[0].tokens) else None
        return None
