"""The listening socket."""

from __future__ import annotations

import asyncio
import socket

from server_stub import serving


def test_answers_are_not_held_back_for_an_acknowledgement() -> None:
    """Nagle's algorithm would keep the second part of an answer for 40 ms."""

    async def accepted() -> int:
        heard = asyncio.get_running_loop().create_future()
        with serving.bind("127.0.0.1", 0) as bound:
            address = bound.getsockname()
            server = await asyncio.start_server(lambda _, writer: heard.set_result(writer), sock=bound)
            async with server:
                _, client = await asyncio.open_connection(*address)
                writer = await heard
                option: int = writer.get_extra_info("socket").getsockopt(
                    socket.IPPROTO_TCP, socket.TCP_NODELAY
                )
                for end in (client, writer):
                    end.close()
        return option

    assert asyncio.run(accepted())
