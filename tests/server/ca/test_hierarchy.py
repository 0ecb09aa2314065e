"""How a CA's folder behaves: made once and whole, never mended, never mixed up."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from server_stub.ca.authority import Authority, AuthorityMismatch
from server_stub.custody.private_file import PrivateFileExposed


def _quick(folder: Path, *, practice: bool = True) -> Authority:
    return Authority.open(folder, name="Test RA", practice=practice, key_algorithm="P-256")


def test_opened_again_it_is_the_same_and_elsewhere_another(tmp_path: Path) -> None:
    first, again, other = (_quick(tmp_path / name) for name in ("a", "a", "b"))

    assert first.chain == again.chain
    assert first.chain[0].public_key() != other.chain[0].public_key()
    assert first.chain[0].subject != other.chain[0].subject


@pytest.mark.skipif(os.name != "posix", reason="Windows has access lists instead of modes")
def test_keys_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    _quick(tmp_path / "ca")
    key = tmp_path / "ca" / "issuing.key"

    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "ca").glob("*.key")} == {0o600}
    assert (tmp_path / "ca").stat().st_mode & 0o777 == 0o700
    key.chmod(0o640)
    with pytest.raises(PrivateFileExposed):
        _quick(tmp_path / "ca")


def test_several_openings_at_once_make_one_ca(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(_quick, [tmp_path / "ca"] * 4))

    assert len({authority.chain for authority in opened}) == 1


def test_practice_and_real_are_kept_apart(tmp_path: Path) -> None:
    _quick(tmp_path / "ca", practice=True)
    with pytest.raises(AuthorityMismatch):
        _quick(tmp_path / "ca", practice=False)


@pytest.mark.parametrize("name", ["root.cer", "issuing.cer", "issuing.key"])
def test_a_missing_file_is_never_replaced(tmp_path: Path, name: str) -> None:
    _quick(tmp_path / "ca")
    (tmp_path / "ca" / name).unlink()
    with pytest.raises(AuthorityMismatch):
        _quick(tmp_path / "ca")


def test_a_foreign_key_file_is_noticed(tmp_path: Path) -> None:
    _quick(tmp_path / "a")
    _quick(tmp_path / "b")
    (tmp_path / "b" / "issuing.key").replace(tmp_path / "a" / "issuing.key")
    with pytest.raises(AuthorityMismatch):
        _quick(tmp_path / "a")


def test_a_half_made_ca_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed just before the last step: the next start makes a whole one."""

    def killed(self: Path, target: Path) -> Path:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", killed)
        with pytest.raises(KeyboardInterrupt):
            _quick(tmp_path / "ca")
    assert not (tmp_path / "ca").exists()

    assert _quick(tmp_path / "ca").chain == _quick(tmp_path / "ca").chain
