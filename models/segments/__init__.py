"""Conditions, segments, lifecycle stages, value tiers, and who is in which."""
