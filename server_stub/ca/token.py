"""Keys in a PKCS #11 token: made there, used there, never out of it (PKCS #11 v2.40, CKA_SENSITIVE and
not CKA_EXTRACTABLE).

Where a CA's key file would lie, a reference lies instead: the CKA_ID (hex) of the key in the token. The login is the
process's and lasts as long as it.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from threading import Lock
from typing import Any, Final, NoReturn, Self, TypeAlias

import pkcs11
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import load_der_public_key
from cryptography.utils import Buffer
from pkcs11 import Attribute, KeyType, Mechanism, MechanismFlag, ObjectClass
from pkcs11.mechanisms import GCMParams
from pkcs11.util.ec import encode_ec_public_key, encode_named_curve_parameters
from pkcs11.util.rsa import encode_rsa_public_key

from server_stub.ca.keys import CertifiableKey
from server_stub.ca.signer import KeySigner, TokenUnavailable
from server_stub.custody.private_file import write_private
from server_stub.custody.sealing import SealBroken

Hash: TypeAlias = hashes.HashAlgorithm | utils.Prehashed

_CURVES: Final = {"P-256": "secp256r1", "P-384": "secp384r1"}
_PRIVATE: Final = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False}
_ID_LENGTH: Final = 16
_NONCE_LENGTH: Final = 12
# How tokens say that the tag does not fit; the last one is SoftHSM's.
_CHANGED: Final = (pkcs11.EncryptedDataInvalid, pkcs11.EncryptedDataLenRange, pkcs11.GeneralError)


class CannotLeaveToken(TypeError):
    """A use that would need the private key itself, or that CA keys do not have."""


class Token:
    """An open token with one session, which its users take in turns. Implements ``Keys``."""

    def __init__(self, session: pkcs11.Session, label: str) -> None:
        self._session = session
        self._label = label
        self._lock = Lock()

    @classmethod
    def open(cls, module: str, token: str, label: str, pin: str) -> Self:
        """``token``: its label; ``label``: what the keys' labels begin with. Raises TokenUnavailable."""
        try:
            slot = pkcs11.lib(module).get_token(token_label=token)
            return cls(_log_in(slot, pin), label)
        except (pkcs11.PKCS11Error, RuntimeError, OSError) as error:  # its messages never hold the PIN
            raise TokenUnavailable(f"token {token}: {type(error).__name__}") from None

    def create(self, folder: Path, name: str, algorithm: str) -> KeySigner:
        """A new key pair in the token, its reference in ``folder``. Raises TokenUnavailable."""
        key_id = secrets.token_bytes(_ID_LENGTH)
        try:
            with self._lock:
                self._generate(key_id, f"{self._label}-{name}", algorithm)
        except pkcs11.PKCS11Error as error:
            raise TokenUnavailable(f"key {name}: {type(error).__name__}") from error
        write_private(_reference(folder, name), key_id.hex().encode())
        return self._signer(key_id)

    def load(self, folder: Path, name: str) -> KeySigner:
        """Raises FileNotFoundError without a reference, TokenUnavailable without the key."""
        return self._signer(bytes.fromhex(_reference(folder, name).read_text("ascii")))

    def sign(self, key_id: bytes, data: bytes, mechanism: Mechanism) -> bytes:
        """Raises TokenUnavailable."""
        try:
            with self._lock:
                signature: bytes = self._find(key_id, ObjectClass.PRIVATE_KEY).sign(data, mechanism=mechanism)
        except pkcs11.PKCS11Error as error:
            raise TokenUnavailable(f"signing: {type(error).__name__}") from error
        return signature

    def create_sealing_key(self) -> bytes:
        """A new AES-256 key in the token; its CKA_ID. Raises TokenUnavailable."""
        key_id = secrets.token_bytes(_ID_LENGTH)
        uses = MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT
        try:
            with self._lock:
                self._session.generate_key(
                    KeyType.AES,
                    256,
                    id=key_id,
                    label=f"{self._label}-master",
                    store=True,
                    capabilities=uses,
                    template=_PRIVATE,
                )
        except pkcs11.PKCS11Error as error:
            raise TokenUnavailable(f"sealing key: {type(error).__name__}") from error
        return key_id

    def encrypt(self, key_id: bytes, data: bytes) -> bytes:
        """AES-GCM (SP 800-38D) with a random nonce in front. Raises TokenUnavailable."""
        nonce = secrets.token_bytes(_NONCE_LENGTH)
        return nonce + self._crypt("encrypt", key_id, nonce, data)

    def decrypt(self, key_id: bytes, sealed: bytes) -> bytes:
        """Raises SealBroken, TokenUnavailable."""
        try:
            return self._crypt("decrypt", key_id, sealed[:_NONCE_LENGTH], sealed[_NONCE_LENGTH:])
        except TokenUnavailable as error:
            if isinstance(error.__cause__, _CHANGED):
                raise SealBroken from error
            raise

    def _crypt(self, act: str, key_id: bytes, nonce: bytes, data: bytes) -> bytes:
        try:
            with self._lock:
                use = getattr(self._find(key_id, ObjectClass.SECRET_KEY), act)
                result: bytes = use(data, mechanism=Mechanism.AES_GCM, mechanism_param=GCMParams(nonce))
        except pkcs11.PKCS11Error as error:
            raise TokenUnavailable(f"{act}: {type(error).__name__}") from error
        return result

    def _generate(self, key_id: bytes, label: str, algorithm: str) -> None:
        common: dict[str, Any] = {"id": key_id, "label": label, "store": True, "private_template": _PRIVATE}
        if algorithm in _CURVES:
            curve = {Attribute.EC_PARAMS: encode_named_curve_parameters(_CURVES[algorithm])}
            parameters = self._session.create_domain_parameters(KeyType.EC, curve, local=True)
            parameters.generate_keypair(**common)
        else:
            self._session.generate_keypair(KeyType.RSA, int(algorithm.removeprefix("RSA-")), **common)

    def _signer(self, key_id: bytes) -> KeySigner:
        try:
            with self._lock:
                public = _public_key(self._find(key_id, ObjectClass.PUBLIC_KEY))
                self._find(key_id, ObjectClass.PRIVATE_KEY)
        except pkcs11.PKCS11Error as error:
            raise TokenUnavailable(f"the CA's key is not in the token: {type(error).__name__}") from error
        if isinstance(public, rsa.RSAPublicKey):
            return KeySigner(TokenRsaKey(self, key_id, public))
        return KeySigner(TokenEcKey(self, key_id, public))

    def _find(self, key_id: bytes, kind: ObjectClass) -> Any:
        return self._session.get_key(object_class=kind, id=key_id)


class _TokenKey:
    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _memo: dict[int, Any]) -> Self:
        return self

    def private_numbers(self) -> NoReturn:
        raise CannotLeaveToken

    def private_bytes(self, *_arguments: object, **_named: object) -> NoReturn:
        raise CannotLeaveToken

    def decrypt(self, *_arguments: object) -> NoReturn:
        raise CannotLeaveToken

    def exchange(self, *_arguments: object) -> NoReturn:
        raise CannotLeaveToken

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"


class TokenRsaKey(_TokenKey, rsa.RSAPrivateKey):
    """Signs PKCS #1 v1.5 with SHA-256, hashed in the token."""

    def __init__(self, token: Token, key_id: bytes, public_key: rsa.RSAPublicKey) -> None:
        self._token, self._key_id, self._public_key = token, key_id, public_key

    @property
    def key_size(self) -> int:
        return self._public_key.key_size

    def public_key(self) -> rsa.RSAPublicKey:
        return self._public_key

    def sign(
        self, data: Buffer, padding_: padding.AsymmetricPadding, algorithm: Hash | utils.NoDigestInfo
    ) -> bytes:
        if not (isinstance(padding_, padding.PKCS1v15) and isinstance(algorithm, hashes.SHA256)):
            raise CannotLeaveToken("CA keys sign PKCS #1 v1.5 with SHA-256")
        signature = self._token.sign(self._key_id, bytes(data), Mechanism.SHA256_RSA_PKCS)
        try:  # a token may sign wrongly: such a signature never leaves
            self._public_key.verify(signature, bytes(data), padding_, algorithm)
        except InvalidSignature:
            raise TokenUnavailable("the token signed wrongly") from None
        return signature


class TokenEcKey(_TokenKey, ec.EllipticCurvePrivateKey):
    """Signs ECDSA."""

    def __init__(self, token: Token, key_id: bytes, public_key: ec.EllipticCurvePublicKey) -> None:
        self._token, self._key_id, self._public_key = token, key_id, public_key

    @property
    def curve(self) -> ec.EllipticCurve:
        return self._public_key.curve

    @property
    def key_size(self) -> int:
        return self._public_key.key_size

    def public_key(self) -> ec.EllipticCurvePublicKey:
        return self._public_key

    def sign(self, data: Buffer, signature_algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:
        algorithm = signature_algorithm.algorithm
        if isinstance(algorithm, utils.Prehashed):
            raise CannotLeaveToken("CA keys sign what they hash")
        digest = hashes.Hash(algorithm)
        digest.update(data)
        raw = self._token.sign(self._key_id, digest.finalize(), Mechanism.ECDSA)
        half = len(raw) // 2  # PKCS #11 gives r and s side by side, X.509 wants a SEQUENCE
        signature = utils.encode_dss_signature(int.from_bytes(raw[:half]), int.from_bytes(raw[half:]))
        try:
            self._public_key.verify(signature, data, signature_algorithm)
        except InvalidSignature:
            raise TokenUnavailable("the token signed wrongly") from None
        return signature


def _log_in(token: pkcs11.Token, pin: str) -> pkcs11.Session:
    try:
        return token.open(rw=True, user_pin=pin)
    except pkcs11.UserAlreadyLoggedIn:
        return token.open(rw=True)


def _public_key(found: Any) -> CertifiableKey:
    is_rsa = found.key_type == KeyType.RSA
    key = load_der_public_key(encode_rsa_public_key(found) if is_rsa else encode_ec_public_key(found))
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        raise TokenUnavailable("not an RSA or EC key")
    return key


def _reference(folder: Path, name: str) -> Path:
    return folder / f"{name}.token"
