"""Measurements beside bare windows and other programs; each module says what it measures and how."""
