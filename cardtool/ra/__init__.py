"""The thin client of the registration authority."""
