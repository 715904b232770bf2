"""What is sold and shown: parsed, held in memory, hashed."""
