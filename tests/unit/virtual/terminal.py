"""A terminal that speaks raw bytes to any card: what the tests know of PIV, apart from both sides' own code."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.serialization import Encoding

DEFAULT_KEY = bytes.fromhex("010203040506070801020304050607080102030405060708")
TDEA, AES_128, AES_192, AES_256 = 0x03, 0x08, 0x0A, 0x0C
RSA_2048, RSA_3072, P256, P384, ED25519, X25519 = 0x07, 0x05, 0x11, 0x14, 0xE0, 0xE1
SELECT_PIV = bytes.fromhex("00A4040009A0000003080000100000")
VERIFY_123456 = bytes.fromhex("0020008008313233343536FFFF")
VERIFY_WRONG = bytes.fromhex("0020008008313131313131FFFF")
VERIFY_STATUS = bytes.fromhex("00200080")

CERTIFICATE_OBJECTS = {0x9A: "5FC105", 0x9C: "5FC10A", 0x9D: "5FC10B", 0x9E: "5FC101"}


def tlv(tag: str, value: bytes) -> bytes:
    size = len(value)
    length = (
        bytes([size])
        if size < 0x80
        else bytes([0x81, size])
        if size < 0x100
        else b"\x82" + size.to_bytes(2, "big")
    )
    return bytes.fromhex(tag) + length + value


def children(data: bytes) -> dict[str, bytes]:
    """The objects in ``data`` by tag in hexadecimal."""
    found = {}
    while data:
        width = 1
        if data[0] & 0x1F == 0x1F:
            width = 2
        tag, size, start = data[:width].hex().upper(), data[width], width + 1
        if size > 0x80:
            count = size & 0x7F
            size, start = int.from_bytes(data[start : start + count], "big"), start + count
        found[tag] = data[start : start + size]
        data = data[start + size :]
    return found


class Terminal:
    """``transmit`` of a card or of a connection; ``key`` the management key it will use."""

    def __init__(
        self, transmit: Callable[[bytes], bytes], algorithm: int = AES_192, key: bytes = DEFAULT_KEY
    ) -> None:
        self.transmit = transmit
        self.algorithm = algorithm
        self.key = key

    def send(self, command: str | bytes, data: bytes | None = None) -> tuple[bytes, int]:
        """Header and data as one short APDU or a chain of them; the whole answer and the last SW."""
        header = bytes.fromhex(command) if isinstance(command, str) else command
        if data is None:
            return self._collect(self.transmit(header))
        while len(data) > 255:
            answer, sw = self._collect(
                self.transmit(bytes([header[0] | 0x10]) + header[1:] + b"\xff" + data[:255])
            )
            if sw != 0x9000:
                return answer, sw
            data = data[255:]
        return self._collect(self.transmit(header + bytes([len(data)]) + data + b"\0"))

    def _collect(self, answer: bytes) -> tuple[bytes, int]:
        body = answer[:-2]
        while answer[-2] == 0x61:
            answer = self.transmit(bytes.fromhex("00C00000") + answer[-1:])
            body += answer[:-2]
        return body, int.from_bytes(answer[-2:], "big")

    def ok(self, command: str | bytes, data: bytes | None = None) -> bytes:
        answer, sw = self.send(command, data)
        assert sw == 0x9000, f"{sw:04X}"
        return answer

    def select(self) -> bytes:
        return self.ok(SELECT_PIV)

    def verify(self) -> None:
        self.ok(VERIFY_123456)

    def authenticate(self, command: dict[str, bytes]) -> tuple[bytes, int]:
        body = b"".join(tlv(tag, value) for tag, value in command.items())
        return self.send(f"0087{self.algorithm:02X}9B", tlv("7C", body))

    def admin(self) -> None:
        """Mutual authentication with the management key."""
        block = 8 if self.algorithm == TDEA else 16
        witness = children(children(self.authenticate({"80": b""})[0])["7C"])["80"]
        challenge = secrets.token_bytes(block)
        opened = self.run(self.cipher().decryptor(), witness)
        answer, sw = self.authenticate({"80": opened, "81": challenge})
        assert sw == 0x9000, f"{sw:04X}"
        assert children(children(answer)["7C"])["82"] == self.run(self.cipher().encryptor(), challenge)

    def cipher(self) -> Cipher[modes.ECB]:
        return Cipher(TripleDES(self.key) if self.algorithm == TDEA else AES(self.key), modes.ECB())

    @staticmethod
    def run(context: CipherContext, block: bytes) -> bytes:
        return context.update(block) + context.finalize()

    def generate(self, slot: int, algorithm: int) -> dict[str, bytes]:
        """The public key's objects by tag: 81 and 82, or 86."""
        answer = self.ok(f"004700{slot:02X}", tlv("AC", tlv("80", bytes([algorithm]))))
        return children(children(answer)["7F49"])

    def use_key(self, slot: int, algorithm: int, value: bytes, tag: str = "81") -> tuple[bytes, int]:
        template = tlv("7C", tlv("82", b"") + tlv(tag, value))
        answer, sw = self.send(f"0087{algorithm:02X}{slot:02X}", template)
        return (children(children(answer)["7C"])["82"] if sw == 0x9000 else b""), sw

    def put(self, tag: str, content: bytes) -> int:
        return self.send("00DB3FFF", tlv("5C", bytes.fromhex(tag)) + tlv("53", content))[1]

    def get(self, tag: str) -> tuple[bytes, int]:
        return self.send("00CB3FFF", tlv("5C", bytes.fromhex(tag)))

    def enrol(self, slot: int, algorithm: int, subject: str = "Wang Xiaoming") -> x509.Certificate:
        """Generate a key, certify it by a CA made for it, and write the certificate. Admin must be on."""
        certificate = certify(public_key(algorithm, self.generate(slot, algorithm)), subject)
        der = certificate.public_bytes(Encoding.DER)
        assert self.put(CERTIFICATE_OBJECTS[slot], tlv("70", der) + bytes.fromhex("710100FE00")) == 0x9000
        return certificate


def public_key(
    algorithm: int, objects: dict[str, bytes]
) -> rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey:
    if "81" in objects:
        exponent, modulus = (int.from_bytes(objects[tag], "big") for tag in ("82", "81"))
        return rsa.RSAPublicNumbers(exponent, modulus).public_key()
    if algorithm == ED25519:
        return ed25519.Ed25519PublicKey.from_public_bytes(objects["86"])
    curve = ec.SECP256R1() if algorithm == P256 else ec.SECP384R1()
    return ec.EllipticCurvePublicKey.from_encoded_point(curve, objects["86"])


def certify(
    public: rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey, subject: str
) -> x509.Certificate:
    def name(common: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common)])

    now = datetime.now(UTC)
    usage = x509.KeyUsage(True, True, False, False, False, False, False, False, False)
    return (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name("Test CA"))
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=365))
        .add_extension(usage, critical=True)
        .sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    )
