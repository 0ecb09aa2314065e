"""The certification authority: keys, profiles, revocation list, check of requests (RFC 5280, 2986)."""
