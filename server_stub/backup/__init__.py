"""Copies of a running RA, and what makes an RA of them again."""
