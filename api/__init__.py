"""Request to decision: one file per endpoint family."""
