"""Measure a TensorRT plan by rows: not of drawn pictures, which have no right answer row by row."""

import argparse
import sys


def main() -> None:
    """Take the arguments of every project's plan_rows, and say why there are no rows."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.plan_rows", description=__doc__)
    parser.add_argument("step", choices=["encode", "judge"])
    parser.add_argument("outputs", nargs="?", help="unused")
    parser.add_argument("--to", help="unused")
    parser.parse_args()
    sys.exit("drawn pictures have no right answer row by row: `evaluate` judges them, on the graph that ships")


if __name__ == "__main__":
    main()
