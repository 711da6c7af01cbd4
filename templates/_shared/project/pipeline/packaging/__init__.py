"""What a package holds beside the model and the server. Read `card.py` first."""
