"""What every way of training shares. Read `recipe.py` first: settings, loss, optimizer and outputs; then `loop.py`."""
