"""How quick, and beside what: `make bench` measures shotmake and its peers in one run."""
