"""The reference RA. Never imports cardtool."""
