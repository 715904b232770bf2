"""What the shop calls, with the secret key."""
