"""Cards of Microsoft's Generic Identity Device Specification (GIDS), version 2."""
