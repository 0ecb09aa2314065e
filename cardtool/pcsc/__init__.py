"""The PC/SC layer: bytes to a card and back. Knows no card application."""
