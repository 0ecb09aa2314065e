"""The counting behind the comparison with other programs."""

from __future__ import annotations

from bench.apdu_log import Traffic, count

LOG = """\
00000012 winscard_svc.c:1 ContextThread() Thread is started
00000100 APDU: 00 A4 04 00 09 A0 00 00 03 08 00 00 10 00 00
00002000 SW: 61 11 4F 06 90 00
00000500 winscard.c:2 SCardTransmit() something else
\x1b[35m00000100 APDU: 00 20 00 80\x1b[0m
00000400 SW: 63 C3
00009999 winscard.c:3 SCardDisconnect() the end does not count
"""


def test_commands_bytes_and_time_are_counted() -> None:
    assert count(LOG) == Traffic(apdus=2, sent=19, received=8, at_card=3.0)


def test_an_empty_log() -> None:
    assert count("") == Traffic(0, 0, 0, 0.0)
