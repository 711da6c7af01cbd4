"""What texts of one column stand for: numbers and dates as people write them. `*_form.py` need no other library."""
