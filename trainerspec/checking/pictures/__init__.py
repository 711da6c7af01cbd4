"""Pictures and the boxes in them."""
