"""The files of a GIDS card as the Windows minidriver sees them: by directory and name."""

from __future__ import annotations

from cardtool.cards.gids.objects import CacheFile, MasterFile
from cardtool.cards.gids.session import GidsSession
from cardtool.cards.gids.types import CARDCF, FileId, ObjectTag
from cardtool.errors import ObjectNotFound
from cardtool.pcsc.apdu import INS, command_name


class CardFiles:
    """The table of files, read once, and what it leads to. Good as long as nobody else writes to the card."""

    def __init__(self, session: GidsSession) -> None:
        """Raises ObjectNotFound for a card that was never set up, CardAnswerMalformed."""
        self._session = session
        self._table = MasterFile.parse(session.get_data(FileId.DIRECTORY, ObjectTag.MASTERFILE))

    def read(self, path: str) -> bytes:
        """Raises ObjectNotFound."""
        entry = self._table.find(path)
        if entry is None:
            raise ObjectNotFound(command_name(INS.GET_DATA))
        return self._session.get_data(entry.file, entry.tag)

    def write(self, path: str, content: bytes) -> None:
        """Needs the PIN. A new file's content is written before the table leads to it. Raises CardFull."""
        entry = self._table.find(path)
        if entry is not None:
            self._session.put_data(entry.file, entry.tag, content)
            return
        entry = self._table.new_entry(path)
        self._session.put_data(entry.file, entry.tag, content)
        self._write_table(self._table.with_entry(entry))

    def delete(self, path: str) -> None:
        """Take the file out of the table, then empty it. Nothing happens where there is none."""
        entry = self._table.find(path)
        if entry is not None:
            self._write_table(self._table.without(entry))
            self._session.put_data(entry.file, entry.tag, b"")

    def freshen(self, *, containers: bool = False) -> None:
        """Tell Windows that what it remembers of this card is stale. Comes before the change itself."""
        try:
            cache = CacheFile.parse(self.read(CARDCF))
        except ObjectNotFound:
            return
        self.write(CARDCF, cache.freshened(containers=containers).encode())

    def _write_table(self, table: MasterFile) -> None:
        self._session.put_data(FileId.DIRECTORY, ObjectTag.MASTERFILE, table.encode())
        self._table = table
