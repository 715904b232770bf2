"""What happened, what we sell, what we learn and decide: plain Python, no I/O, no clock, no global randomness."""
