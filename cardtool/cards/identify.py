"""What a card is: asked by application identifier, never concluded from its ATR, never with a VERIFY."""

from __future__ import annotations

from enum import StrEnum

from cardtool.cards.piv.types import PIV_AID_WITHOUT_VERSION
from cardtool.errors import CardAnswerMalformed
from cardtool.pcsc import tlv
from cardtool.pcsc.apdu import INS, SHORT_LE_MAX, Command
from cardtool.pcsc.chaining import Channel

GIDS_AID = bytes.fromhex("A000000397425446590201")
"""Microsoft, "Windows Smart Card Minidriver: GIDS card edge", selected without its version."""
GIDS_AID_WITHOUT_VERSION = GIDS_AID[:9]
SELECT_BY_NAME = 0x04
_TEMPLATES = frozenset({0x61, 0x6F})
"""An application answers its selection with an application (61) or file control (6F) template."""


class Application(StrEnum):
    PIV = "piv"
    GIDS = "gids"
    UNKNOWN = "unknown"


def identify(channel: Channel) -> Application:
    """Select PIV, then GIDS; whichever answered stays selected."""
    if _answers(channel, PIV_AID_WITHOUT_VERSION):
        return Application.PIV
    if _answers(channel, GIDS_AID_WITHOUT_VERSION):
        return Application.GIDS
    return Application.UNKNOWN


def _answers(channel: Channel, aid: bytes) -> bool:
    """Success alone does not count: some cards answer every SELECT with 9000 and nothing selected."""
    response = channel.send(Command(0x00, INS.SELECT, SELECT_BY_NAME, 0x00, aid, SHORT_LE_MAX))
    if not response.ok:
        return False
    try:
        items = tlv.parse(response.data, "SELECT")
    except CardAnswerMalformed:
        return False
    return bool(items) and items[0].tag in _TEMPLATES
