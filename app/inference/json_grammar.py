"""JSON schemas as grammars: what a completion may write so that it obeys a schema.

The engine could read schemas itself, but it would let a model write white space without end, leave
out without a word what it does not know, and fail at every step, for everybody, over a schema that
it cannot read. So of a person's schema only quoted text reaches it.

What a grammar lets through obeys the schema, but for `format`, which is a hint, and `oneOf`, which
is read as `anyOf`. It need not let through all that the schema allows: there is at most one space
before a value or a name, properties come in the schema's order, an object with named properties
gets no others, and numbers have no exponent. A keyword that cannot be held is refused by its name.
"""

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from app.errors import InvalidParameter
from app.inference.ebnf import JSON_RULES, either, literal, one_of
from app.inference.number_grammar import bounds, integers, numbers

# Compiling a grammar holds up everybody's completions. Its cost grows with its size, and most with
# what is counted.
MAX_GRAMMAR = 12_000
"""Characters."""
MAX_VALUES = 500
MAX_OPTIONS = 32
"""Of one anyOf; the engine follows all that begin alike side by side."""
MAX_LITERAL = 200
"""Characters of a property's name or of a fixed value."""
MAX_DEPTH = 32
MAX_COUNTED = 64
"""The sum of all numbers of items."""

Path = tuple[str, ...]

_TYPES: Mapping[str, frozenset[str]] = {
    "object": frozenset({"properties", "required", "additionalProperties"}),
    "array": frozenset({"items", "prefixItems", "minItems", "maxItems"}),
    "string": frozenset({"minLength"}),
    "integer": frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}),
    "number": frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}),
    "boolean": frozenset(),
    "null": frozenset(),
}
_ALONE = ("$ref", "anyOf", "oneOf", "allOf", "enum", "const")
_HINTS = {"title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly"}
_HINTS |= {"format", "discriminator", "$comment", "$schema", "$id", "$defs", "definitions"}
_SIMPLE = {"boolean": '("true" | "false")', "null": '"null"'}


def grammar_of(schema: object) -> str:
    """The grammar, in EBNF, of JSON that obeys this schema.

    Raises InvalidParameter, saying where in the schema and why, for what cannot be held.
    """
    try:
        text = _Grammar(schema).text()
        text.encode("utf-8")
    except (ValueError, RecursionError) as error:  # NaN, half a character, too deep
        _refuse((), f"holds what JSON cannot carry ({error})")
    return text


class _Grammar:
    """One schema on its way to a grammar. `_leads` has, for each reference, those that its value
    may begin with before anything is written."""

    def __init__(self, root: object) -> None:
        self._root = root
        self._rules = dict(JSON_RULES)
        self._names: dict[str, str] = {}  # of references
        self._leads: dict[str, set[str]] = {}
        self._values = self._counted = 0

    def text(self) -> str:
        root = self._value(self._root, (), None)
        self._check_circles()
        text = f"root ::= space {root}\n" + "\n".join(
            f"{n} ::= {body}" for n, body in self._rules.items()
        )
        if len(text) > MAX_GRAMMAR:
            _refuse((), "is too large. Ask for less at once")
        return text

    def _value(self, schema: object, path: Path, leading: str | None) -> str:
        """The expression of one value. `leading` is the reference whose value it begins."""
        self._values += 1
        if self._values > MAX_VALUES or len(path) > MAX_DEPTH:
            _refuse(path, f"goes beyond {MAX_VALUES} values or {MAX_DEPTH} levels")
        if schema is True or schema == {}:
            return "value"
        if not isinstance(schema, dict):
            _refuse(path, "must be an object that describes a value")
        keywords = {name for name in schema if name not in _HINTS}
        alone = next((name for name in _ALONE if name in keywords), None)
        if alone is not None:
            _check_alone(alone, keywords, path)
            return self._alone(alone, schema, path, leading)
        kinds = self._kinds(schema, keywords, path)
        return either(self._of_type(kind, schema, path) for kind in kinds)

    def _kinds(self, schema: dict[str, Any], keywords: set[str], path: Path) -> list[str]:
        """The types of a value; where the schema does not say, its keywords do."""
        given = schema.get("type")
        if given is None:
            kinds = [kind for kind in _TYPES if keywords & _TYPES[kind]]
            kinds = [k for k in kinds if k != "integer"] if "number" in kinds else kinds
            if not keywords:
                return ["value"]
        else:
            kinds = given if isinstance(given, list) else [given]
        if not kinds or not all(isinstance(kind, str) and kind in _TYPES for kind in kinds):
            unknown = sorted(keywords - {"type"}) if given is None else given
            _refuse(path, f"has an unknown type or keyword, {_short(unknown)}")
        known = {"type"}.union(*(_TYPES[kind] for kind in kinds))
        if keywords - known:
            _refuse(
                path,
                f"uses {sorted(keywords - known)[0]!r}, which no grammar holds for this type. "
                "Leave it out and check the answer for it",
            )
        return kinds

    def _of_type(self, kind: str, schema: dict[str, Any], path: Path) -> str:
        match kind:
            case "object":
                return self._object(schema, path)
            case "array":
                return self._array(schema, path)
            case "string":
                length = _count(schema, "minLength", path, most=1)
                return "filled" if length else "string"
            case "integer" | "number":
                try:
                    low, high = bounds(schema)
                    return integers(low, high) if kind == "integer" else numbers(low, high)
                except ValueError as error:
                    _refuse(path, str(error))
        return _SIMPLE.get(kind, kind)

    def _object(self, schema: dict[str, Any], path: Path) -> str:
        properties = schema.get("properties", {})
        required = schema.get("required", [])
        named = isinstance(required, list) and all(isinstance(name, str) for name in required)
        if not isinstance(properties, dict) or not named:
            _refuse(path, "needs 'properties' as an object and 'required' as a list of names")
        missing = [name for name in required if name not in properties]
        if missing:
            _refuse(path, f"requires {_short(missing[0])}, which is not among its properties")
        if not properties:
            return self._map(schema.get("additionalProperties", True), path)
        pairs = {name: self._pair(name, value, path) for name, value in properties.items()}
        # Whichever property comes first has no comma, so one expression for what may come first,
        # and a chain of rules for what follows.
        rest = ""
        openings: list[str] = []
        for name, pair in reversed(pairs.items()):
            openings = [f"{pair} {rest}", *([] if name in required else openings)]
            rest = self._rule(f'("," space {pair}){"" if name in required else "?"} {rest}')
        return '"{" ' + either(openings) + ("" if required else "?") + ' "}"'

    def _pair(self, name: str, value: object, path: Path) -> str:
        name_literal = literal(_json(name, path))
        return self._rule(f'{name_literal} ":" space {self._value(value, (*path, name), None)}')

    def _map(self, values: object, path: Path) -> str:
        if values is True:
            return "object"
        if values is False:
            return '"{}"'
        value = self._rule(self._value(values, (*path, "additionalProperties"), None))
        return f'"{{" (string ":" space {value} ("," space string ":" space {value})*)? "}}"'

    def _array(self, schema: dict[str, Any], path: Path) -> str:
        least = _count(schema, "minItems", path, MAX_COUNTED) or 0
        most = _count(schema, "maxItems", path, MAX_COUNTED)
        self._counted += max(least, most or 0)
        if self._counted > MAX_COUNTED:
            _refuse(path, f"counts items up to more than {MAX_COUNTED} in all its arrays together")
        first = schema.get("prefixItems")
        if first is not None:
            return self._tuple(first, least, most, path)
        if most is not None and least > most:
            _refuse(path, "has 'minItems' above 'maxItems'")
        items = schema.get("items", True)
        if most == 0 or items is False:
            return '"[]"'
        item = self._rule(self._value(items, (*path, "items"), None))
        more = f"{{{max(least - 1, 0)},{'' if most is None else most - 1}}}"
        return f'"[" ({item} ("," space {item}){more}){"" if least else "?"} "]"'

    def _tuple(self, first: object, least: int, most: int | None, path: Path) -> str:
        if not isinstance(first, list) or not least <= len(first) <= (most or MAX_COUNTED):
            _refuse(path, "needs as many 'prefixItems' as 'minItems' and 'maxItems' allow")
        values = [self._value(s, (*path, "prefixItems", str(n)), None) for n, s in enumerate(first)]
        return '"[" ' + ' "," space '.join(values) + ' "]"'

    def _alone(self, alone: str, schema: dict[str, Any], path: Path, leading: str | None) -> str:
        given = schema[alone]
        if alone == "$ref":
            return self._reference(given, path, leading)
        if alone == "const":
            given = [given]
        if not isinstance(given, list) or not given:
            _refuse(path, f"needs a list with something in it as {alone!r}")
        if alone in ("enum", "const"):
            kinds = schema.get("type", list(_TYPES))
            fitting = [v for v in given if _is_a(v, kinds if isinstance(kinds, list) else [kinds])]
            if not fitting:
                _refuse(path, f"has no value in {alone!r} that is of its type")
            return one_of(list(dict.fromkeys(_json(value, path) for value in fitting)))
        if alone == "allOf" and len(given) > 1:
            _refuse(path, "joins several schemas by 'allOf'. Write them as one")
        if len(given) > MAX_OPTIONS:
            _refuse(path, f"has more than {MAX_OPTIONS} options in {alone!r}")
        return either(
            self._value(option, (*path, alone, str(place)), leading)
            for place, option in enumerate(given)
        )

    def _reference(self, pointer: object, path: Path, leading: str | None) -> str:
        if not isinstance(pointer, str) or not pointer.startswith("#"):
            _refuse(path, f"refers to {_short(pointer)}. Only references inside of it work")
        if leading is not None:
            self._leads.setdefault(leading, set()).add(pointer)
        if pointer not in self._names:
            self._names[pointer] = name = f"ref{len(self._names)}"
            self._rules[name] = self._value(self._find(pointer, path), path, pointer)
        return self._names[pointer]

    def _find(self, pointer: str, path: Path) -> object:
        found = self._root
        for part in pointer[1:].split("/")[1:]:
            name = part.replace("~1", "/").replace("~0", "~")
            if isinstance(found, dict) and name in found:
                found = found[name]
            elif isinstance(found, list) and name.isdecimal() and int(name) < len(found):
                found = found[int(name)]
            else:
                _refuse(path, f"refers to {_short(pointer)}, which is not there")
        return found

    def _check_circles(self) -> None:
        """Refuse a reference that may stand for itself with nothing around it."""
        for start in self._leads:
            reached, ahead = set[str](), [start]
            while ahead:
                for pointer in self._leads.get(ahead.pop(), set()) - reached:
                    reached.add(pointer)
                    ahead.append(pointer)
            if start in reached:
                _refuse((), f"has a reference that leads back to itself, {_short(start)}")

    def _rule(self, body: str) -> str:
        """A rule for an expression that is used more than once: inline, it would double with
        every level."""
        name = f"rule{len(self._rules)}"
        self._rules[name] = body or '""'
        return name


def _check_alone(alone: str, keywords: set[str], path: Path) -> None:
    others = keywords - {alone}
    if alone in ("enum", "const"):
        others -= {"type"}
    if others:
        _refuse(path, f"uses {alone!r} together with {sorted(others)[0]!r}. Use one of them")


def _json(value: object, path: Path) -> str:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    if len(text) > MAX_LITERAL:
        _refuse(path, f"has a name or a fixed value of more than {MAX_LITERAL} characters")
    return text


def _is_a(value: object, kinds: list[Any]) -> bool:
    match value:
        case bool():
            return "boolean" in kinds
        case None:
            return "null" in kinds
        case str():
            return "string" in kinds
        case int() | float():
            return "number" in kinds or ("integer" in kinds and value == value // 1)
        case list():
            return "array" in kinds
    return "object" in kinds


def _count(schema: dict[str, Any], name: str, path: Path, most: int) -> int | None:
    count = schema.get(name)
    if count is None:
        return None
    if type(count) is not int or not 0 <= count <= most:
        _refuse(path, f"may have a {name!r} from 0 to {most}")
    return count


def _short(value: object) -> str:
    return repr(value)[:80]


def _refuse(path: Path, why: str) -> NoReturn:
    where = f"at {'.'.join(path)[:200]} " if path else ""
    raise InvalidParameter(f"The JSON schema {where}{why}.", "response_format")
