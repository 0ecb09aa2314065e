"""The words a person reads, one TOML file per language; read by ``cardtool.words``."""
