"""How likely a creative is clicked, and the chance it is shown with."""
