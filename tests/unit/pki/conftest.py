"""What the pki tests share."""

from tests.unit.pki.authority import house

__all__ = ["house"]
