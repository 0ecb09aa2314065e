"""The faults of spec 5.3, by the kind of act they fit; card faults are those of pcsc.faults."""

from __future__ import annotations

from enum import StrEnum

from cardtool.pcsc.faults import CardFault


class NetworkFault(StrEnum):
    REFUSED = "connection refused"
    DROPPED_BEFORE = "dropped before the request"
    DROPPED_AFTER = "dropped after the server committed"
    TIMEOUT = "timeout"
    BAD_GATEWAY = "502"
    HTML = "HTML instead of JSON"
    TRUNCATED = "truncated JSON"
    SESSION_EXPIRED = "session expired"


class RaFault(StrEnum):
    RESTARTED = "RA restarted"


class FileFault(StrEnum):
    DISK_FULL = "disk full"
    READ_ONLY = "folder read-only"


class ProgramFault(StrEnum):
    KILLED_BEFORE = "killed before"
    KILLED_AFTER = "killed after"


class PersonFault(StrEnum):
    SWAPPED = "card swapped for another"
    CANCEL = "cancel"


Fault = CardFault | NetworkFault | RaFault | FileFault | ProgramFault | PersonFault

FITS: dict[str, tuple[Fault, ...]] = {
    "apdu": (*CardFault, *ProgramFault, *PersonFault),
    "http": (*NetworkFault, *RaFault, *ProgramFault, *PersonFault),
    "file": (*FileFault, *ProgramFault, *PersonFault),
}
ALL: tuple[Fault, ...] = tuple(dict.fromkeys(fault for faults in FITS.values() for fault in faults))


class Killed(BaseException):
    """The program is gone: not an Exception, so no handler of the flow may take it."""
