"""Parquet files by day, and the reports read from them."""
