"""What `prepare` makes of rows that are read and cleaned: the parts of the split, and the examples in each."""
