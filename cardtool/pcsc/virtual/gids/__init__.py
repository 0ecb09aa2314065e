"""The software GIDS card. Shares no GIDS code with the client's layer: mistakes would mirror, unseen."""

from cardtool.pcsc.virtual.gids.card import VirtualGidsCard
from cardtool.pcsc.virtual.gids.personality import PLAIN, SPARSE, Personality

__all__ = ["PLAIN", "SPARSE", "Personality", "VirtualGidsCard"]
