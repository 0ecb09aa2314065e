"""Card applications: what the bytes mean."""
