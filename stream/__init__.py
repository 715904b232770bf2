"""Log to store: Bytewax dataflows that validate, learn and save in micro-batches."""
