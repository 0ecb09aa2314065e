"""What a server process is started with."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Limits:
    """Attempts per minute. Demo mode is loopback only and is driven by scripts: it gets wider ones."""

    sign_ins_per_account: int = 10
    sign_ins_per_address: int = 60
    captchas_per_address: int = 60
    debits_per_account: int = 6


WIDE = Limits(
    sign_ins_per_account=6000, sign_ins_per_address=60000, captchas_per_address=60000, debits_per_account=6000
)


@dataclass(frozen=True)
class Settings:
    """``url`` is the origin clients connect to; cards sign it, so it must be what they see."""

    data: Path
    url: str
    database: str = ""
    extra_units: tuple[Path, ...] = ()
    demo: bool = False
    name: str = "CardTool RA"
    limits: Limits = field(default_factory=Limits)
    bank: str = ""
    """The adapter to the bank, ``MODULE:NAME``; see ``server_stub.bank.load``."""
    plain_url: str = ""
    """Where certificates point for revocation and issuer, when that is not ``url``: see ``pki_url``."""

    @property
    def pki_url(self) -> str:
        """RFC 5280 section 8 advises plain http here, since checking https needs the very same data."""
        return self.plain_url or self.url

    @property
    def database_url(self) -> str:
        return self.database or f"sqlite:///{self.data / 'ra.sqlite'}"
