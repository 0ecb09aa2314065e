"""The building blocks of every page. Each takes the ``Context`` and follows its words and its look."""
