"""The RA's address: checked before anything is sent, and its origin as a card signs it."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from cardtool.errors import ArgumentInvalid

DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class RaAddress:
    """``https://host[:port][/path]``; plain http to this computer only. ``path`` has no slash at its end."""

    scheme: str
    host: str
    port: int
    path: str

    @classmethod
    def parse(cls, url: str) -> RaAddress:
        """Raises ArgumentInvalid("ra")."""
        try:
            parts = urlsplit(url.strip())
            host = (parts.hostname or "").encode("idna" if not _is_ip(parts.hostname) else "ascii").decode()
            port = parts.port or DEFAULT_PORTS[parts.scheme]
        except (ValueError, KeyError):
            raise ArgumentInvalid("ra") from None
        address = cls(parts.scheme, host.lower(), port, parts.path.rstrip("/"))
        superfluous = parts.query or parts.fragment or parts.username or parts.password
        if not host or superfluous or (parts.scheme == "http" and not address.is_loopback):
            raise ArgumentInvalid("ra")
        return address

    @property
    def is_loopback(self) -> bool:
        return self.host == "localhost" or (_is_ip(self.host) and ipaddress.ip_address(self.host).is_loopback)

    @property
    def origin(self) -> str:
        """RFC 6454 section 6.2: scheme, host, and the port where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}"

    @property
    def base(self) -> str:
        return self.origin + self.path


def _is_ip(host: str | None) -> bool:
    try:
        ipaddress.ip_address(host or "")
    except ValueError:
        return False
    return True
