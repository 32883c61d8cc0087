"""The documentation of /v1 for people who are signed in: /openapi.json, and /docs made from it.

Every parameter, range and default that the page shows is read from the schema that requests are
checked by, so the page cannot say anything else than what holds.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse, JSONResponse, Response

from app.inference.service import InferenceService
from app.web.answers import render

Schema = dict[str, Any]

_ABOUT = (
    "An API like OpenAI's, for their clients. Every request carries an API key, as "
    "“Authorization: Bearer KEY”; the Account page makes keys."
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One line of the table of a request's parameters, in words."""

    name: str
    kind: str
    default: str
    description: str


@dataclass(frozen=True, slots=True)
class Operation:
    """A route: what it does and what it takes."""

    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[Parameter, ...]


def router(api: APIRouter, inference: InferenceService) -> APIRouter:
    """The two routes that document `api`, which holds /v1 and nothing else."""
    routes = APIRouter(include_in_schema=False)
    schema = get_openapi(title="VinoChat", version="1", description=_ABOUT, routes=api.routes)
    operations = tuple(operations_of(schema))

    @routes.get("/openapi.json")
    async def openapi() -> Response:
        return JSONResponse(schema)

    @routes.get("/docs")
    async def docs(request: Request) -> Response:
        base = f"{request.url.scheme}://{request.url.netloc}/v1"
        serving = inference.state.serving
        model = serving.model.model_id if serving else "built-in"
        page = render("docs.html", operations=operations, base=base, about=_ABOUT, model=model)
        return HTMLResponse(page)

    return routes


def operations_of(schema: Schema) -> Iterator[Operation]:
    """The routes of an OpenAPI schema with the parameters of their bodies and paths."""
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            body, about = _body(schema, operation)
            parameters = [*_in_path(operation), *_parameters(schema, body)]
            summary = operation.get("description", "")
            yield Operation(method.upper(), path, summary, about, tuple(parameters))


def _body(schema: Schema, operation: Schema) -> tuple[Schema, str]:
    content = operation.get("requestBody", {}).get("content", {})
    body = _resolved(schema, content.get("application/json", {}).get("schema", {}))
    return body, body.get("description", "")


def _in_path(operation: Schema) -> Iterator[Parameter]:
    for parameter in operation.get("parameters", []):
        yield Parameter(parameter["name"], "text", "required", "In the path.")


def _parameters(schema: Schema, body: Schema, within: str = "") -> Iterator[Parameter]:
    """A body's parameters; those of an object inside of it follow it, with its name in front."""
    required = body.get("required", [])
    properties = body.get("properties", {})
    for name in sorted(properties, key=lambda name: name not in required):
        described = properties[name]
        full = f"{within}{name}"
        default = "required" if name in required else _default(described)
        about = described.get("description") or _resolved(schema, described).get("description", "")
        yield Parameter(full, _kind(described), default, about)
        for inner, many in _objects(schema, described):
            yield from _parameters(schema, inner, f"{full}[]." if many else f"{full}.")


def _objects(schema: Schema, described: Schema) -> Iterator[tuple[Schema, bool]]:
    """The objects with named parameters that a value may be, and whether it is a list of them."""
    for option in _options(described):
        if "$ref" in option:
            yield _resolved(schema, option), False
        elif "$ref" in option.get("items", {}):
            yield _resolved(schema, option["items"]), True


def _options(described: Schema) -> list[Schema]:
    options = described.get("anyOf") or described.get("oneOf") or [described]
    return [inner for option in options for inner in option.get("oneOf", [option])]


def _kind(described: Schema) -> str:
    """The type and range in words, like "number from 0 to 5"."""
    kinds = dict.fromkeys(_one_kind(option) for option in _options(described))
    return " or ".join(kind for kind in kinds if kind)


def _one_kind(option: Schema) -> str:
    names = {"string": "text", "integer": "whole number", "boolean": "true or false"}
    if "const" in option:
        return json.dumps(option["const"])
    if "enum" in option:
        return " or ".join(json.dumps(value) for value in option["enum"])
    if "$ref" in option:
        return "object"
    kind: str = option.get("type", "")
    if kind == "null":
        return ""
    if kind == "array":
        return f"list of {_plural(_one_kind(option.get('items', {})))}"
    low, high = option.get("minimum"), option.get("maximum")
    span = f" from {low:g} to {_bound(high)}" if low is not None and high is not None else ""
    return names.get(kind, kind) + span


def _bound(high: float) -> str:
    """FastAPI makes floats of all bounds; the largest seed is the one that is none."""
    return "2⁶³−1" if high == 2.0**63 else f"{high:g}"


def _plural(kind: str) -> str:
    if kind.startswith("list of "):
        return f"lists of {kind.removeprefix('list of ')}"
    return f"{kind}s" if kind else "values"


def _default(described: Schema) -> str:
    default = described.get("default")
    return "" if default in (None, "", [], {}) else json.dumps(default)


def _resolved(schema: Schema, described: Schema) -> Schema:
    """The component that a reference names, or the schema itself."""
    found: Schema = described
    if "$ref" in described:
        found = schema["components"]["schemas"][described["$ref"].rsplit("/", 1)[1]]
    return found
