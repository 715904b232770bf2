"""Exports: product files of shop systems, whose rows are brought under Google Merchant's names."""
