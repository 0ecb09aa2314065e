"""What backstage needs from the wiring. Parts are made when they are first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from cardtool.config import Paths, Settings

if TYPE_CHECKING:
    from cardtool.flows.journal import Journal
    from cardtool.flows.ports import CardDesk, Clock
    from cardtool.pcsc.transport import ReaderHub
    from cardtool.pki.anchors import AnchorBook
    from cardtool.practice import PracticeWorld
    from cardtool.ra.client import RaClient


class World(Protocol):
    @property
    def unit(self) -> str:
        """The RA unit that is meant; empty until one was chosen."""
        ...

    @property
    def language(self) -> str: ...

    @property
    def settings(self) -> Settings: ...

    def adopt(self, settings: Settings) -> bool:
        """Work with these from now on; True if the RA is another one."""
        ...

    @property
    def paths(self) -> Paths: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def hub(self) -> ReaderHub: ...

    @property
    def desk(self) -> CardDesk: ...

    @property
    def ra(self) -> RaClient:
        """Raises ArgumentInvalid where no RA is known yet."""
        ...

    @property
    def journal(self) -> Journal: ...

    @property
    def anchors(self) -> AnchorBook: ...

    @property
    def practice(self) -> PracticeWorld:
        """Practice mode only."""
        ...

    def keep_session(self) -> bool: ...

    def drop_session(self) -> None: ...
