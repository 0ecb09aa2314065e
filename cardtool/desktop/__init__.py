"""What the window is given, by a process of its own: the world as it finds it, and the flows that its wizards run."""
