"""What happened, and what one event alone tells."""
