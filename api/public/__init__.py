"""What a page calls, with the public key."""
