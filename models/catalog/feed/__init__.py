"""Feed: what shops write of their products, in whatever way, made ours; what had to be guessed or left out is said."""
