"""As much of HTTP/1.1 as a measurement needs: each request on a connection of its own.

The clients share the cores with what they measure. This one costs a fraction of what a library
with pools, redirects and types would, and a browser or a compiled client costs no more.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Response:
    """A response whose body has yet to be read. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    _reader: asyncio.StreamReader
    _writer: asyncio.StreamWriter

    async def pieces(self) -> AsyncGenerator[bytes]:
        """The body as it arrives; closes the connection."""
        try:
            if self.headers.get("transfer-encoding") == "chunked":
                while size := int(await self._reader.readline(), 16):
                    yield await self._reader.readexactly(size)
                    await self._reader.readline()
            else:
                while piece := await self._reader.read(65536):
                    yield piece
        finally:
            self._writer.close()

    async def body(self) -> bytes:
        return b"".join([piece async for piece in self.pieces()])

    async def events(self) -> AsyncGenerator[bytes]:
        """The data of each server-sent event."""
        rest = b""
        async with aclosing(self.pieces()) as pieces:
            async for piece in pieces:
                *blocks, rest = (rest + piece).split(b"\n\n")
                for block in blocks:
                    if block.startswith(b"data: "):
                        yield block[6:]


class Refused(Exception):
    """The server answered with an error."""


async def request(
    port: int, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b""
) -> Response:
    """Ask, and read the head of the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    sent = {"Host": f"127.0.0.1:{port}", "Connection": "close", **(headers or {})}
    if body:
        sent["Content-Length"] = str(len(body))
    head = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
    writer.write(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body)
    answered: dict[str, str] = {}
    try:
        status = int((await reader.readline()).split()[1])
        while (line := (await reader.readline()).decode().strip()) != "":
            name, _, value = line.partition(": ")
            answered[name.lower()] = value
    except BaseException:  # whoever asked has gone away, too
        writer.close()
        raise
    return Response(status, answered, reader, writer)


async def get(port: int, path: str, headers: Mapping[str, str] | None = None) -> int:
    """The status of a GET whose whole answer has been read."""
    response = await request(port, "GET", path, headers)
    await response.body()
    return response.status


async def post_json(
    port: int, path: str, content: dict[str, Any], headers: Mapping[str, str]
) -> Response:
    """The answer to a POST. Raises Refused unless it is 200."""
    headers = {**headers, "Content-Type": "application/json"}
    response = await request(port, "POST", path, headers, json.dumps(content).encode())
    if response.status != 200:
        raise Refused(f"{path}: {response.status} {(await response.body()).decode()}")
    return response
