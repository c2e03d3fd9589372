"""What the benchmarks run in processes of their own: peers, and parts of shotmake."""
