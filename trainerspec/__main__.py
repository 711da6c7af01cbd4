"""`python -m trainerspec`: the command line."""

from trainerspec.cli.main import main

if __name__ == "__main__":
    main()
