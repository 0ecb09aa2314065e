"""Pages, units, words and pictures: data, no code."""
