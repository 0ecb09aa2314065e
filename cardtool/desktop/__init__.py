"""What the window is given: the world as it finds it, and the flows that its wizards run."""
