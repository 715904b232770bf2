"""Ground: errors, ids, durations, shares by hash, decay, compiled loops; no word of the shop."""
