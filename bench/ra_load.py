"""A small HTTP/1.1 client that keeps connections, so that the load costs less than what it measures."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from math import ceil


@dataclass(frozen=True)
class Call:
    """One request as it goes over the wire, and the status it must get."""

    wire: bytes
    status: int = 200


def call(
    method: str,
    path: str,
    body: bytes = b"",
    *,
    token: str = "",
    kind: str = "application/json",
    key: str = "",
) -> Call:
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Content-Length: {len(body)}",
        f"Content-Type: {kind}",
    ]
    lines += [f"Authorization: Bearer {token}"] if token else []
    lines += [f"Idempotency-Key: {key}"] if key else []
    return Call("\r\n".join([*lines, "", ""]).encode() + body)


def post(path: str, body: object, key: str, token: str = "", status: int = 200) -> Call:
    return Call(call("POST", path, json.dumps(body).encode(), token=token, key=key).wire, status)


@asynccontextmanager
async def connection(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        await writer.wait_closed()


async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, one: Call) -> float:
    """Seconds until the whole answer was there. Raises RuntimeError for another status."""
    began = time.perf_counter()
    writer.write(one.wire)
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    await reader.readexactly(int(length.split(b":")[1]))
    if int(head.split(b" ", 2)[1]) != one.status:
        raise RuntimeError(head.decode("latin-1"))
    return time.perf_counter() - began


async def flood(ports: Sequence[int], calls: Iterable[Call], clients: int) -> float:
    """Requests per second, each client sending the next as soon as it was answered."""
    rest = iter(calls)
    count = 0

    async def client(number: int) -> None:
        nonlocal count
        async with connection(ports[number % len(ports)]) as (reader, writer):
            for one in rest:
                await exchange(reader, writer, one)
                count += 1

    began = time.perf_counter()
    await asyncio.gather(*(client(number) for number in range(clients)))
    return count / (time.perf_counter() - began)


async def paced(
    port: int, calls: Sequence[Call], per_second: float, seconds: float, phase: float
) -> list[float]:
    """One client at its own pace; how long each answer took.

    ``phase``: the part of its period (0 to 1) at which it begins: people do not ask in step.
    """
    taken = []
    await asyncio.sleep(phase / per_second)
    end = time.perf_counter() + seconds
    async with connection(port) as (reader, writer):
        number = 0
        while time.perf_counter() < end:
            began = time.perf_counter()
            taken.append(await exchange(reader, writer, calls[number % len(calls)]))
            number += 1
            await asyncio.sleep(max(0.0, 1 / per_second - (time.perf_counter() - began)))
    return taken


def percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[max(0, ceil(len(values) * share) - 1)]
