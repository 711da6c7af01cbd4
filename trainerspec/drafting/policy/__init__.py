"""What is refused, and why: `refusals.py` reads sops/task/refusals.yaml and what an organisation adds to it."""
