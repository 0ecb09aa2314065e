"""Tables, engine and migrations. SQLite (WAL, synchronous=FULL) or PostgreSQL by URL."""
