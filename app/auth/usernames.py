"""Usernames: which are allowed and which count as the same."""

import unicodedata

from app.errors import InvalidAccount

MAX_LENGTH = 64


def normalise(username: str) -> str:
    """The username as it is shown; InvalidAccount names the rule that it breaks."""
    name = unicodedata.normalize("NFKC", username)
    if not 1 <= len(name) <= MAX_LENGTH or not all(_allowed(character) for character in name):
        raise InvalidAccount(
            f"A username has 1 to {MAX_LENGTH} letters, digits, dots, hyphens or underscores."
        )
    return name


def comparison_key(username: str) -> str:
    """Equal for names that differ only in case or in their Unicode form; any text is fine."""
    folded = unicodedata.normalize("NFKC", username).casefold()
    return unicodedata.normalize("NFKC", folded)


def _allowed(character: str) -> bool:
    # isdecimal, not isdigit: superscripts and circled digits only look like digits.
    return character in "._-" or character.isalpha() or character.isdecimal()
