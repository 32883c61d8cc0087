"""Tidying a completion's text while it grows: stop strings, leftovers of the format, white space.

Knows text alone, neither tokens nor streams. Whatever the pieces in which the text comes, the
result is the same.
"""

import re
from collections.abc import Mapping, Sequence


class TextCleaner:
    """One completion's text, cut at its first stop string, with `replace` applied.

    Where several match, the one that begins first counts, then the longest. `strip` leaves out
    white space at both ends. `opening` is put in front of the first text.
    """

    def __init__(
        self,
        stop: Sequence[str] = (),
        replace: Mapping[str, str] | None = None,
        *,
        strip: bool = False,
        opening: str = "",
    ) -> None:
        self._stop, self._replace = frozenset(stop), dict(replace or {})
        patterns = sorted(self._stop | self._replace.keys(), key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, patterns))) if patterns else None
        # Every beginning of a pattern, so that looking one up takes no loop over the patterns.
        self._beginnings = {p[:n] for p in patterns for n in range(1, len(p))}
        self._longest = max(map(len, patterns), default=1) - 1
        self._strip, self._opening = strip, opening
        self._held = self._space = ""
        self._begun = False
        self.stopped = False
        """Whether a stop string was met: the text is over, and more is ignored."""

    @property
    def held(self) -> int:
        """How many characters were taken that are not settled yet."""
        return len(self._held) + len(self._space)

    def take(self, text: str, *, last: bool = False) -> str:
        """Take the next piece; return what can be shown. The rest is held back until `last`."""
        if self.stopped:
            return ""
        shown, self._held = self._match(self._held + text, last)
        shown = self._trim(shown) if self._strip else shown
        if shown and self._opening:
            shown, self._opening = self._opening + shown, ""
        return shown

    def _match(self, text: str, last: bool) -> tuple[str, str]:
        """What is settled of `text`, and what may yet become a match."""
        if self._pattern is None:
            return text, ""
        done, start = "", 0
        while True:
            held = len(text) if last else self._first_beginning(text, start)
            found = self._pattern.search(text, start)
            if found is None or found.start() >= held:
                return done + text[start:held], text[held:]
            done += text[start : found.start()]
            if found.group() in self._stop:
                self.stopped = True
                return done, ""
            done, start = done + self._replace[found.group()], found.end()

    def _first_beginning(self, text: str, start: int) -> int:
        """Where the longest end of `text` begins that may grow into a match."""
        places = range(max(start, len(text) - self._longest), len(text))
        return next((i for i in places if text[i:] in self._beginnings), len(text))

    def _trim(self, text: str) -> str:
        text = self._space + text if self._begun else text.lstrip()
        kept = text.rstrip()
        self._space = text[len(kept) :]
        self._begun = self._begun or bool(kept)
        return kept
