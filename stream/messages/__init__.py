"""Messages on their way out: what they recommend, and how they leave."""
