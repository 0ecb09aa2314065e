"""Whom TLS trusts: the operating system's authorities plus the anchors pinned for an RA."""

from __future__ import annotations

import ssl
from http.client import HTTPException, HTTPSConnection
from urllib.parse import urlsplit

import truststore
from cryptography import x509
from cryptography.x509.oid import NameOID

from cardtool.errors import ArgumentInvalid

LONGEST_NAME = 64
PROBE_SECONDS = 5.0


def trusting_context(anchors: str = "") -> ssl.SSLContext:
    """TLS 1.2 or later, names checked. ``anchors``: PEM certificates trusted besides the system's.

    Raises ArgumentInvalid("anchors").
    """
    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        if anchors:
            context.load_verify_locations(cadata=anchors)
    except (ssl.SSLError, ValueError):
        raise ArgumentInvalid("anchors") from None
    return context


def shown_issuer(host: str, port: int, proxy: str | None = None) -> str:
    """Who signed the certificate that is shown at ``host``; empty where it cannot be told.

    Nothing is sent but the TLS handshake: this names what intercepts a connection that was already refused.
    """
    connection = _unverified_connection(host, port, proxy)
    try:
        connection.connect()
        shown = connection.sock.getpeercert(binary_form=True)
        return _name(x509.load_der_x509_certificate(shown or b"").issuer)
    except (OSError, ValueError, HTTPException, x509.InvalidVersion):
        return ""
    finally:
        connection.close()


def _unverified_connection(host: str, port: int, proxy: str | None) -> HTTPSConnection:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    via = urlsplit(proxy) if proxy else None
    if via is None or via.hostname is None:
        return HTTPSConnection(host, port, timeout=PROBE_SECONDS, context=context)
    connection = HTTPSConnection(via.hostname, via.port or 8080, timeout=PROBE_SECONDS, context=context)
    connection.set_tunnel(host, port)
    return connection


def _name(issuer: x509.Name) -> str:
    """Organisation, else common name: one short printable line, since a stranger wrote it."""
    for kind in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME):
        for attribute in issuer.get_attributes_for_oid(kind):
            text = "".join(character for character in str(attribute.value) if character.isprintable())
            if text:
                return text[:LONGEST_NAME]
    return ""
