"""The passes of the compiler: one file, one function of that name."""
