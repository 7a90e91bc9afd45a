"""What is due, to whom, by which channel, and what became of it."""
