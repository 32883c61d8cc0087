"""Which login session owns which of Gradio's session hashes and events.

Gradio lets anyone who knows a `session_hash` read its stream and its state, and anyone who knows
an event id cancel it. Here the first login session that names one owns it.
"""

from collections import OrderedDict

MAX_SESSIONS = 10_000
MAX_PER_SESSION = 1_000


class Bindings:
    """Bounded: a login session that names too many forgets its own oldest, nobody else's."""

    def __init__(self) -> None:
        self._owner: dict[str, str] = {}
        self._owned: OrderedDict[str, OrderedDict[str, None]] = OrderedDict()

    def claim(self, name: str, session_id: str) -> bool:
        """Bind `name` to the login session if it is free; whether it is theirs now."""
        owner = self._owner.setdefault(name, session_id)
        if owner != session_id:
            return False
        self._remember(name, session_id)
        return True

    def owns(self, name: str, session_id: str) -> bool:
        return self._owner.get(name) == session_id

    def _remember(self, name: str, session_id: str) -> None:
        names = self._owned.setdefault(session_id, OrderedDict())
        self._owned.move_to_end(session_id)
        names[name] = None
        names.move_to_end(name)
        if len(names) > MAX_PER_SESSION:
            oldest, _ = names.popitem(last=False)
            del self._owner[oldest]
        if len(self._owned) > MAX_SESSIONS:
            _, forgotten = self._owned.popitem(last=False)
            for name in forgotten:
                del self._owner[name]
