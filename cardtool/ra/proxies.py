"""The ways to an RA: through which proxy, or none, and which to try when one does not answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import inf
from time import monotonic
from urllib.request import getproxies_environment

import requests
from requests.utils import get_environ_proxies, select_proxy, should_bypass_proxies
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.exceptions import ProxyError as UrllibProxyError

from cardtool.ra.address import RaAddress
from cardtool.ra.lines import Lines
from cardtool.ra.pac import DIRECT, proxies_by_pac
from cardtool.ra.system_pac import system_pac_url

TRY_AGAIN_SECONDS = 60.0
TUNNEL_REFUSED = "Tunnel connection failed"
"""How http.client begins to say that a proxy's answer to CONNECT was no 2xx."""

Way = Mapping[str, str]
"""Proxy URL by scheme, as requests takes it; empty: none."""


class Ways:
    """Those of one client, in the order in which they are tried: found at its first call and kept."""

    def __init__(self, address: RaAddress, proxies: Mapping[str, str] | None, lines: Lines) -> None:
        """``proxies``: in place of the system's."""
        self._address = address
        self._given = proxies
        self._lines = lines
        self._found: list[Way] = []
        self._good_until = 0.0

    def __iter__(self) -> Iterator[Way]:
        """May fetch and evaluate a PAC file: not for a thread that must not wait."""
        if monotonic() >= self._good_until:
            self._find()
        return iter(tuple(self._found))

    def prefer(self, way: Way) -> None:
        """It led somewhere: the next call tries it first."""
        self._found.remove(way)
        self._found.insert(0, way)

    def _find(self) -> None:
        """A PAC file that could not be used now is tried again later, not at each call."""
        self._good_until = inf
        pac_url = "" if self._decided_without() else system_pac_url()
        found = proxies_by_pac(pac_url, self._address, self._lines) if pac_url else []
        if pac_url and not found:
            self._good_until = monotonic() + TRY_AGAIN_SECONDS
        by_pac: list[Way] = [{} if proxy == DIRECT else {self._address.scheme: proxy} for proxy in found]
        self._found = by_pac or [self._static()]

    def _decided_without(self) -> bool:
        return self._given is not None or self._address.is_loopback or _environment_decides(self._address)

    def _static(self) -> Way:
        """As given; none for this computer; the environment's, else Windows' and macOS' own settings."""
        if self._given is not None or self._address.is_loopback:
            return self._given or {}
        return get_environ_proxies(self._address.base)


def _environment_decides(address: RaAddress) -> bool:
    environment = getproxies_environment()
    if environment.keys() & {address.scheme, "all"}:
        return True
    return "no" in environment and should_bypass_proxies(address.base, no_proxy=environment["no"])


def proxy_on(way: Way, address: RaAddress) -> str | None:
    """The proxy that requests to ``address`` take."""
    return select_proxy(address.base, dict(way))


def never_connected(error: requests.RequestException) -> bool:
    """Whether no request can have left, so that another way may be tried whatever the call.

    ProxyError alone does not say so: urllib3 also raises it where the line broke after the request was sent.
    """
    reason = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(reason, UrllibProxyError):
        reason = reason.original_error
    refused = isinstance(reason, OSError) and str(reason).startswith(TUNNEL_REFUSED)
    return refused or isinstance(reason, NewConnectionError | ConnectTimeoutError)
