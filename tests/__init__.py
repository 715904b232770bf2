"""The same tree again, file for file."""
