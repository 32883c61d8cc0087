"""JSON schemas become grammars, and what no grammar holds is refused by its name."""

import re
import time
from typing import Any

import pytest

from app.errors import InvalidParameter
from app.inference.ebnf import ANY_OBJECT, JSON_RULES
from app.inference.json_grammar import grammar_of


def nested(depth: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(depth):
        schema = {"type": "array", "items": schema}
    return schema


def root_of(schema: object) -> str:
    return grammar_of(schema).splitlines()[0].removeprefix("root ::= space ")


def test_an_object_in_the_order_of_the_schema_without_white_space_but_single_spaces() -> None:
    schema = {"type": "object", "properties": {"b": True, "a": {"type": "boolean"}}}
    grammar = grammar_of(schema | {"required": ["b", "a"]})
    assert grammar.index(r'"\"b\""') < grammar.index(r'"\"a\""')
    assert 'space ::= " "?' in grammar.splitlines()
    rules = [
        line
        for line in grammar.splitlines()
        if not line.startswith(("character", "visible", "filled", "space"))
    ]
    literals = re.findall(r'"(?:\\.|[^"\\])*"', " ".join(rules))
    assert len(literals) > 20
    assert not any(" " in text or "\\n" in text for text in literals)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"b": True, "a": True}, "required": ["b"]},
        {"type": "object", "additionalProperties": {"type": "null"}},
        {"type": "array", "items": {"type": "null"}},
        {"type": "array", "prefixItems": [{"type": "null"}] * 3, "minItems": 3},
    ],
)
def test_a_space_may_stand_before_each_value_and_name(schema: dict[str, Any]) -> None:
    known = {f"{name} ::= {body}" for name, body in JSON_RULES.items()}
    own = " ".join(rule for rule in grammar_of(schema).splitlines() if rule not in known)
    for text in (own, " ".join(known)):
        assert re.search(r'"[:,]"', text)
        assert not re.search(r'"[:,]"(?! space )', text)


def test_what_people_write_in_a_schema_is_quoted() -> None:
    assert root_of({"const": 'a"b\\c\n'}) == r'"\"a\\\"b\\\\c\\n\""'
    assert root_of({"enum": ["é", "中"]}) == r'"\"" ("é\"" | "中\"")'


def test_what_fixed_values_begin_with_is_written_once() -> None:
    long = ["the same beginning " + end for end in ("", "a", "ab", "b")]
    assert root_of({"enum": long}).count("beginning") == 1


def test_any_object_is_what_an_open_schema_makes() -> None:
    assert grammar_of({"type": "object"}) == ANY_OBJECT.replace("space object", "space (object)", 1)


def test_no_number_is_so_long_that_a_float_rounds_it_to_its_bound() -> None:
    for low in (0, 9, 31, 99, 12345, 10**12 - 2):
        grammar = root_of({"type": "number", "exclusiveMinimum": low, "exclusiveMaximum": low + 1})
        most = int(re.findall(r"\[0-9\]\{0,(\d+)\} \[1-9\]", grammar)[0])
        assert low < float(f"{low}.{'9' * (most + 1)}") < low + 1
        assert low < float(f"{low}.{'0' * most}1") < low + 1


def test_hints_change_nothing() -> None:
    plain = {"type": "string"}
    hinted = plain | {"title": "T", "description": "D", "default": 3, "format": "date"}
    assert grammar_of(hinted) == grammar_of(plain)


def test_a_reference_is_one_rule_however_often_it_is_used() -> None:
    item = {"$ref": "#/$defs/x"}
    schema = {"type": "array", "prefixItems": [item] * 5, "$defs": {"x": {"const": 12345}}}
    assert grammar_of(schema).count("12345") == 1


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"type": "nonsense"}, "has an unknown type or keyword, 'nonsense'"),
        ({"type": []}, "unknown type"),
        ({"type": [1]}, "unknown type"),
        ({"type": {"a": 1}}, "unknown type"),
        ({"unknown": 1}, "unknown type or keyword, ['unknown']"),
        ({"type": "string", "pattern": "^(a+)+$"}, "uses 'pattern', which no grammar holds"),
        ({"type": "string", "maxLength": 5}, "uses 'maxLength'"),
        ({"type": "string", "minLength": 2}, "'minLength' from 0 to 1"),
        ({"type": "integer", "multipleOf": 3}, "uses 'multipleOf'"),
        ({"type": "array", "uniqueItems": True}, "uses 'uniqueItems'"),
        ({"type": "object", "patternProperties": {"(": {}}}, "uses 'patternProperties'"),
        ({"not": {}}, "unknown type or keyword, ['not']"),
        ({"type": "object", "properties": {"a": {"if": {}}}}, "at a has an unknown"),
        ({"type": "object", "required": ["a"]}, "requires 'a', which is not among"),
        ({"type": "object", "required": [[]]}, "as a list of names"),
        ({"type": "object", "properties": []}, "'properties' as an object"),
        ({"type": "object", "properties": {"a": False}}, "at a must be an object"),
        (False, "must be an object"),
        ({"enum": []}, "needs a list with something in it"),
        ({"enum": "abc"}, "needs a list"),
        ({"enum": [1], "type": "string"}, "has no value in 'enum' that is of its type"),
        ({"enum": [1], "minimum": 0}, "'enum' together with 'minimum'"),
        ({"anyOf": []}, "needs a list"),
        ({"anyOf": [{}], "type": "string"}, "'anyOf' together with 'type'"),
        ({"allOf": [{}, {}]}, "joins several schemas by 'allOf'"),
        ({"$ref": "https://example.com/schema"}, "Only references inside of it work"),
        ({"$ref": "file:///etc/passwd"}, "Only references inside of it work"),
        ({"$ref": 5}, "Only references inside"),
        ({"$ref": "#/$defs/none"}, "which is not there"),
        ({"$ref": "#anchor/x"}, "which is not there"),
        ({"$ref": "#"}, "leads back to itself"),
        (
            {
                "$ref": "#/$defs/a",
                "$defs": {
                    "a": {
                        "anyOf": [{"type": "object", "properties": {"x": {"$ref": "#/$defs/b"}}}]
                    },
                    "b": {"anyOf": [{"$ref": "#/$defs/c"}, {"type": "null"}]},
                    "c": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/b"}]},
                },
            },
            "leads back to itself",
        ),
        ({"type": "integer", "minimum": 5, "maximum": 4}, "leaves no whole number"),
        ({"type": "integer", "exclusiveMinimum": 5, "maximum": 5}, "leaves no whole number"),
        ({"type": "number", "minimum": 0.2, "maximum": 0.8}, "leaves no whole number"),
        ({"type": "integer", "minimum": "0"}, "needs a number as 'minimum'"),
        ({"type": "integer", "minimum": True}, "needs a number"),
        ({"type": "integer", "minimum": float("nan")}, "needs a finite number"),
        (
            {"type": "number", "exclusiveMinimum": 2**53, "exclusiveMaximum": 2**53 + 1},
            "leaves no whole number, nor all between two",
        ),
        ({"type": "integer", "exclusiveMinimum": True}, "needs a number"),
        ({"type": "integer", "minimum": 1, "exclusiveMinimum": 1}, "has both"),
        ({"type": "integer", "minimum": 10**40}, "leaves no whole number"),
        ({"type": "array", "minItems": -1}, "'minItems' from 0 to 64"),
        ({"type": "array", "maxItems": 10**9}, "'maxItems' from 0 to 64"),
        ({"type": "array", "minItems": 3, "maxItems": 2}, "'minItems' above 'maxItems'"),
        ({"type": "array", "prefixItems": [{}], "minItems": 2}, "as many 'prefixItems'"),
        ({"type": "array", "items": {"type": "array", "maxItems": 60}, "maxItems": 60}, "together"),
        ({"const": float("inf")}, "what JSON cannot carry"),
        ({"const": "\ud800"}, "what JSON cannot carry"),
        (nested(40), "32 levels"),
        ({"anyOf": [{"type": "null"}] * 33}, "more than 32 options"),
        ({"properties": {f"p{n}": {} for n in range(600)}}, "500 values"),
        ({"enum": ["x" * 300]}, "more than 200 characters"),
        ({"properties": {"x" * 300: {}}}, "more than 200 characters"),
        ({"enum": [f"{n * 7919:030}" for n in range(900)]}, "is too large"),
        ([], "must be an object"),
        ("text", "must be an object"),
    ],
)
def test_what_cannot_be_held_is_refused(schema: Any, message: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        grammar_of(schema)
    assert message in caught.value.message
    assert caught.value.parameter == "response_format"
    assert len(caught.value.message) < 500


def test_nesting_makes_a_grammar_longer_and_not_twice_as_long() -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(25):
        schema = {"type": "object", "properties": {"a": schema, "b": {"type": "null"}}}
    assert len(grammar_of(schema)) < 8000


def test_a_refusal_takes_no_time() -> None:
    wide = {
        "anyOf": [{"$ref": "#/$defs/x"}] * 400,
        "$defs": {"x": {"anyOf": [{"$ref": "#"}] * 400}},
    }
    started = time.monotonic()
    with pytest.raises(InvalidParameter):
        grammar_of(wide)
    assert time.monotonic() - started < 2


@pytest.mark.parametrize(
    ("low", "high"), [(0, 9), (-17, 234), (95, 1005), (7, 7), (-120, -30), (999, 1000), (0, 10**6)]
)
def test_ranges_of_whole_numbers_are_exact(low: int, high: int) -> None:
    """The expression is made into a regular one, which differs only in its quotes and spaces."""
    pattern = root_of({"type": "integer", "minimum": low, "maximum": high})
    regular = re.compile(pattern.replace('"', "").replace(" ", ""))
    edges = {low, high, 0, 1, -1, 9, 10, 99, 100, 101, 999, 1000, 1001, low - 1, high + 1}
    around = {number + step for number in edges for step in (-11, -1, 0, 1, 11)}
    for number in around:
        assert bool(regular.fullmatch(str(number))) == (low <= number <= high), number
