"""The wizards without windows: steps over ports. The window, the terminal and the tests drive the same flows."""
