"""Status words the software card answers (ISO/IEC 7816-4:2020 5.6, SP 800-73-5 Part 2)."""

from __future__ import annotations

OK = 0x9000
MORE_DATA = 0x6100
WRONG_LE = 0x6C00
TRIES_LEFT = 0x63C0
MEMORY_FAILURE = 0x6581
WRONG_LENGTH = 0x6700
LOGICAL_CHANNEL_NOT_SUPPORTED = 0x6881
SECURE_MESSAGING_NOT_SUPPORTED = 0x6882
LAST_COMMAND_OF_CHAIN_EXPECTED = 0x6883
COMMAND_INCOMPATIBLE_WITH_FILE = 0x6981
SECURITY_STATUS_NOT_SATISFIED = 0x6982
BLOCKED = 0x6983
CONDITIONS_NOT_SATISFIED = 0x6985
COMMAND_NOT_ALLOWED = 0x6986
WRONG_DATA = 0x6A80
FUNCTION_NOT_SUPPORTED = 0x6A81
NOT_FOUND = 0x6A82
NOT_ENOUGH_MEMORY = 0x6A84
WRONG_P1_P2 = 0x6A86
REFERENCE_NOT_FOUND = 0x6A88
FILE_EXISTS = 0x6A89
INS_NOT_SUPPORTED = 0x6D00
CLA_NOT_SUPPORTED = 0x6E00
FAILURE = 0x6F00
CHAIN_BROKEN = 0x6F61
"""What some applets answer to everything after an over-long chained PUT DATA, until SELECT."""


class Refused(Exception):
    """A command ends with a status word other than 9000. Never leaves the card."""

    def __init__(self, sw: int) -> None:
        super().__init__(f"{sw:04X}")
        self.sw = sw
