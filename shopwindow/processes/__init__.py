"""Processes: one module a process, with all it is made of; whatever imports one has started it."""
