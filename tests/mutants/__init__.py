"""Is the proof alive? Each safeguard is taken out of a copy in turn, and some test must fail."""
