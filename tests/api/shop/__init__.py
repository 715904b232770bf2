"""Tests of the shop pages."""
