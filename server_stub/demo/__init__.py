"""The demo world: made-up customers with practice cards, for scripts, practice mode and trying things out."""
