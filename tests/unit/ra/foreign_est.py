"""Another make of EST server: Python's http.server in front of a CA that is the openssl program.

Written from RFC 7030, shares nothing with CardTool or its RA: openssl reads the requests, signs, and packs the
answers. It stands in for servers of others, of which no package was to be had.
"""

from __future__ import annotations

import base64
import hashlib
import re
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

USER, PASSWORD = "wang", "Sésame 芝麻"
REALM, NONCE = 'The "other" CA', "3f1c9a"
LABEL = "staff"
CSR_ATTRIBUTES = """
asn1 = SEQUENCE:all
[all]
hash = OID:ecdsa-with-SHA256
key = SEQUENCE:key
[key]
kind = OID:id-ecPublicKey
curves = SET:curves
[curves]
one = OID:secp384r1
"""


@dataclass
class ForeignCa:
    """``scheme``: basic | digest | certificate. ``waiting``: how many times a request is put off first."""

    folder: Path
    scheme: str = "basic"
    waiting: int = 0
    url: str = ""
    asked: list[tuple[str, str | None]] = field(default_factory=list)

    def openssl(self, *arguments: str, data: bytes = b"") -> bytes:
        done = subprocess.run(
            ["openssl", *arguments], cwd=self.folder, input=data, check=True, capture_output=True, timeout=30
        )
        return done.stdout

    def make(self) -> None:
        new = ("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
        usage = ("-addext", "keyUsage=critical,keyCertSign,cRLSign")
        root = ("-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Other CA", "-days", "30")
        self.openssl(*new, "-x509", *usage, *root)
        self.openssl(*new, "-keyout", "tls.key", "-subj", "/CN=localhost", "-out", "tls.csr")
        self._extensions("subjectAltName = DNS:localhost\nextendedKeyUsage = serverAuth\n")
        self._sign("tls.csr", "tls.pem")
        (self.folder / "attributes.cnf").write_text(CSR_ATTRIBUTES)
        self._extensions("keyUsage = critical, digitalSignature\nbasicConstraints = CA:FALSE\n")

    @property
    def root(self) -> str:
        return (self.folder / "ca.pem").read_text("ascii")

    def ca_certificates(self) -> bytes:
        return self._certs_only("ca.pem")

    def csr_attributes(self) -> bytes:
        self.openssl("asn1parse", "-genconf", "attributes.cnf", "-out", "attributes.der", "-noout")
        return self.openssl("base64", "-in", "attributes.der")

    def enrol(self, body: bytes) -> bytes | None:
        """None where openssl finds the request or its signature wrong."""
        der = self.openssl("base64", "-d", data=body.replace(b"\r", b""))
        try:
            self.openssl("req", "-inform", "DER", "-verify", "-out", "asked.csr", data=der)
            self._sign("asked.csr", "issued.pem")
        except subprocess.CalledProcessError:
            return None
        return self._certs_only("issued.pem")

    def _sign(self, request: str, certificate: str) -> None:
        ca = ("-CA", "ca.pem", "-CAkey", "ca.key", "-days", "7", "-extfile", "extensions")
        self.openssl("x509", "-req", "-in", request, *ca, "-out", certificate)

    def _certs_only(self, name: str) -> bytes:
        der = self.openssl("crl2pkcs7", "-nocrl", "-certfile", name, "-outform", "DER")
        return self.openssl("base64", data=der)

    def _extensions(self, text: str) -> None:
        (self.folder / "extensions").write_text(text)

    def challenge(self) -> str | None:
        realm = REALM.replace('"', '\\"')
        if self.scheme == "digest":
            common = f'realm="{realm}", nonce="{NONCE}", qop="auth, auth-int", opaque="o"'
            return f'Digest {common}, algorithm=MD5, Digest {common}, algorithm=SHA-256, Basic realm="x"'
        return f'Basic realm="{realm}"' if self.scheme == "basic" else None

    def admits(self, method: str, path: str, authorization: str) -> bool:
        if self.scheme == "digest":
            return self._admits_digest(method, path, authorization)
        pair = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        return self.scheme == "basic" and authorization == f"Basic {pair}"

    def _admits_digest(self, method: str, path: str, authorization: str) -> bool:
        """RFC 7616 section 3.4.1."""
        if not authorization.startswith("Digest "):
            return False
        told = dict(re.findall(r'(\w+)="?([^",]*)"?', authorization.replace('\\"', "")))
        owner = hashlib.sha256(f"{USER}:{REALM}:{PASSWORD}".encode()).hexdigest()
        act = hashlib.sha256(f"{method}:{path}".encode()).hexdigest()
        between = f"{NONCE}:{told['nc']}:{told['cnonce']}:{told['qop']}"
        expected = hashlib.sha256(f"{owner}:{between}:{act}".encode()).hexdigest()
        return (told["response"], told["uri"], told["opaque"]) == (expected, path, "o")


def _handler(ca: ForeignCa) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            ca.asked.append((self.path, self.headers["Authorization"]))
            if self.path.endswith("/cacerts"):
                self._send(200, ca.ca_certificates(), "application/pkcs7-mime")
            elif self.path == f"/.well-known/est/{LABEL}/csrattrs":
                self._send(200, ca.csr_attributes(), "application/csrattrs")
            else:
                self._send(404)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            given = self.headers["Authorization"] or ""
            ca.asked.append((self.path, given or None))
            if not ca.admits("POST", self.path, given):
                self._refuse()
            elif not self.path.endswith(("/simpleenroll", "/simplereenroll")):
                self._send(404)
            elif ca.waiting:
                ca.waiting -= 1
                self._send(202, **{"Retry-After": "90"})
            else:
                self._issue(body)

        def _refuse(self) -> None:
            challenge = ca.challenge()
            if challenge is None:
                self._send(403)
            else:
                self._send(401, b"Who are you?", "text/plain", **{"WWW-Authenticate": challenge})

        def _issue(self, body: bytes) -> None:
            made = ca.enrol(body) if self.headers["Content-Type"] == "application/pkcs10" else None
            if made is None:
                self._send(400, b"No such request", "text/plain")
            else:
                self._send(200, made, "application/pkcs7-mime; smime-type=certs-only")

        def _send(self, status: int, body: bytes = b"", kind: str = "text/html", **more: str) -> None:
            self.send_response(status)
            for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **more}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            """Says nothing."""

    return Handler


@contextmanager
def running(folder: Path) -> Iterator[ForeignCa]:
    ca = ForeignCa(folder)
    ca.make()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "tls.pem", folder / "tls.key")
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(ca))
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    ca.url = f"https://localhost:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield ca
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
