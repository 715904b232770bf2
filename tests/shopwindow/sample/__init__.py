"""Tests of the sample shop and its shoppers."""
