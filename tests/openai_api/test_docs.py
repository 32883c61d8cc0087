"""/docs and /openapi.json: for people who are signed in, and true."""

import html
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from app.inference.types import SAMPLING_RANGES
from app.openai_api.requests import ChatRequest, CompletionRequest
from tests.api_client import Api, api, engines, served
from tests.served import PASSWORD

__all__ = ["api", "engines", "served"]


@pytest.fixture
def ada(api: Api) -> Iterator[httpx.Client]:
    """A browser that is logged in."""
    with httpx.Client(base_url=api.url) as client:
        client.post("/login", data={"username": "ada", "password": PASSWORD, "next": "/"})
        yield client


@pytest.mark.parametrize("path", ["/docs", "/openapi.json"])
def test_strangers_and_keys_see_nothing(api: Api, path: str) -> None:
    for headers in ({}, {"Authorization": f"Bearer {api.key}"}):
        answer = httpx.get(api.url + path, headers=headers)
        assert answer.status_code == 401
        assert "completions" not in answer.text


def test_the_schema_is_that_of_v1_alone(ada: httpx.Client) -> None:
    schema = ada.get("/openapi.json").json()
    assert sorted(schema["paths"]) == [
        "/v1/chat/completions",
        "/v1/completions",
        "/v1/models",
        "/v1/models/{model_id}",
    ]


def test_the_page_shows_every_parameter_with_its_range_and_default(ada: httpx.Client) -> None:
    page = ada.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    cells = [
        [html.unescape(re.sub("<[^>]+>", "", cell)).strip() for cell in row]
        for row in (re.findall(r"<td>(.*?)</td>", row, re.S) for row in page.text.split("<tr>"))
        if row
    ]
    rows = {row[0]: row for row in cells}
    for model in (ChatRequest, CompletionRequest):
        assert {field.alias or name for name, field in model.model_fields.items()} <= {*rows}
    low, high = SAMPLING_RANGES["temperature"]
    assert rows["temperature"][1:3] == [f"number from {low:g} to {high:g}", "1.0"]
    assert rows["n"][1:3] == ["whole number from 1 to 4", "1"]
    assert rows["seed"][1] == "whole number from 0 to 2⁶³−1"
    assert rows["model"][2] == rows["messages[].role"][2] == "required"
    assert "text or list of texts or list of whole numbers" in rows["prompt"][1]
    assert "response_format.json_schema.schema" in rows
    self_evident = (".type", ".text")
    bare = [row for row in cells if not all((row[1], row[3])) and not row[0].endswith(self_evident)]
    assert bare == []


def test_the_page_works_under_the_content_security_policy(api: Api, ada: httpx.Client) -> None:
    page = ada.get("/docs")
    assert "<script" not in page.text
    addresses = re.findall(r'(?:src|href)="([^"]*)"', page.text)
    assert {"/account", "/openapi.json", "/theme.css"} <= {*addresses}
    assert not [address for address in addresses if address.startswith(("http", "//"))]
    assert f"{api.url}/v1" in page.text
    assert '"model": "first"' in html.unescape(page.text)


def test_the_example_of_the_page_runs(api: Api, ada: httpx.Client) -> None:
    example = html.unescape(
        re.findall(r"<pre><code>(.*?)</code></pre>", ada.get("/docs").text, re.S)[0]
    )
    said: list[Any] = []
    names = {"print": lambda text, end: said.append(text)}
    exec(example.replace("vc-…", api.key), names)
    assert "".join(said)
