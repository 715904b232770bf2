"""Feeds: catalog files as shops and shop systems write them, read into rows by Google Merchant's names."""
