"""Every outside act of a run in one count: APDUs, HTTP exchanges, file writes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cardtool.atomic import write_atomically
from cardtool.errors import DiskFull, FolderNotWritable
from cardtool.pcsc.faults import RecordedAct, Recorder
from tests.support.faults import Fault, FileFault, Killed, PersonFault, ProgramFault


class Acts:
    """Records acts, and tells at which one the fault comes. ``happened``: it has come."""

    def __init__(self, at: int | None = None, fault: Fault | None = None) -> None:
        self.recorder = Recorder()
        self.happened = False
        self.cancel = False
        self.swap: Callable[[], None] = lambda: None
        self._at = at
        self._fault = fault
        self._kill_after = False

    @property
    def names(self) -> list[RecordedAct]:
        return self.recorder.acts

    def begin(self, kind: str, name: str) -> Fault | None:
        """Note an act that is about to happen; the fault that comes with it. Raises Killed."""
        if self.recorder.record(kind, name) != self._at:
            return None
        self.happened = True
        if self._fault is ProgramFault.KILLED_BEFORE:
            raise Killed
        self._kill_after = self._fault is ProgramFault.KILLED_AFTER
        self.cancel = self._fault is PersonFault.CANCEL
        if self._fault is PersonFault.SWAPPED:
            self.swap()
        return self._fault

    def end(self) -> None:
        """The act is done. Raises Killed."""
        if self._kill_after:
            self._kill_after = False
            raise Killed

    def write(self, path: Path, content: bytes) -> None:
        """Stands for ``write_atomically`` in the journal."""
        fault = self.begin("file", path.name)
        if fault is FileFault.DISK_FULL:
            raise DiskFull("journal")
        if fault is FileFault.READ_ONLY:
            raise FolderNotWritable("journal")
        write_atomically(path, content)
        self.end()
