"""A server that means no good: what it answers, how it is played against, what must hold."""
