"""`python -m pipeline`: the `shotmake` command."""

from pipeline.cli.main import main

if __name__ == "__main__":
    main()
