"""Pieces of grammars in EBNF, the notation that the engine reads, and JSON's own rules."""

from collections.abc import Iterable, Sequence

from app.inference.number_grammar import FRACTION, INTEGER

# The character class is a rule of its own, so that its costly table is made once. Lengths are not
# counted: each character that is would need that table again. Models have learned JSON with a space
# behind colons and commas, and many write one at the very beginning: without it they would have to
# put together what they otherwise write as one token, and choose badly.
JSON_RULES = {
    "space": '" "?',
    "value": 'object | array | string | number | "true" | "false" | "null"',
    "object": '"{" (string ":" space value ("," space string ":" space value)*)? "}"',
    "array": '"[" (value ("," space value)*)? "]"',
    "string": r'"\"" character* "\""',
    # Not empty. Some tokenizers write DEL and a space before a word, and decode neither.
    "filled": r'"\"" ([\x7f] " ")? visible character* "\""',
    "character": r'[^"\\\x00-\x1f] | "\\" ["\\/bfnrt]',
    "visible": r'[^"\\\x00-\x1f\x7f] | "\\" ["\\/bfnrt]',
    "integer": INTEGER,
    "number": f"integer {FRACTION}?",
}

ANY_OBJECT = "root ::= space object\n" + "\n".join(
    f"{name} ::= {body}" for name, body in JSON_RULES.items()
)
"""The grammar of any JSON object."""


def either(options: Iterable[str]) -> str:
    """One of several expressions."""
    return "(" + " | ".join(options) + ")"


def literal(text: str) -> str:
    """Exactly this text, which must hold no control characters."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def one_of(texts: Sequence[str]) -> str:
    """One of several different texts, with what some of them begin with written once.

    The engine would follow such beginnings side by side, at many times the cost.
    """
    if len(texts) == 1:
        return literal(texts[0])
    least, most = min(texts), max(texts)
    alike = (place for place, (a, b) in enumerate(zip(least, most, strict=False)) if a != b)
    begin = least[: next(alike, len(least))]
    groups: dict[str, list[str]] = {}
    for text in texts:
        rest = text.removeprefix(begin)
        groups.setdefault(rest[:1], []).append(rest)
    rests = either(map(one_of, groups.values()))
    return f"{literal(begin)} {rests}" if begin else rests
