"""One file per question we ask of speed or quality; seeded; results as JSON."""
