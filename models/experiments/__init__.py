"""Who sees which variant, and results that may be looked at any time."""
