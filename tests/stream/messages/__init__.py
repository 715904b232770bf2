"""Tests of `stream`."""
