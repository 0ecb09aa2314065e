"""The JSON API of docs/ra-api.md: one module per resource, thin over the modules above it."""
