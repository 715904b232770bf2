"""What starts a message, when, whether, and with what."""
