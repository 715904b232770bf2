"""Rows of the archive, attribution, cohorts, charts."""
