"""CSRs, certificate chains, algorithms: what cryptography and asn1crypto do not do by themselves."""
