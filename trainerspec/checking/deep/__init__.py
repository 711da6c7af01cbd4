"""Checks that fit models or compare every example with every other: for the stage `checks`, or when asked for."""
