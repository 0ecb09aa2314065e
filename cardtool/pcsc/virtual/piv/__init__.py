"""The software PIV card. Shares no code with the client's PIV layer: mistakes would mirror, unseen."""

from cardtool.pcsc.virtual.piv.card import VirtualPivCard
from cardtool.pcsc.virtual.piv.personality import FRAGILE, GENERIC, YUBIKEY, Algorithm, Extension, Personality

__all__ = ["FRAGILE", "GENERIC", "YUBIKEY", "Algorithm", "Extension", "Personality", "VirtualPivCard"]
