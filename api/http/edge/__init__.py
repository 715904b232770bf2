"""The edge: how much of the API one sender may take, and what is refused before it is looked at."""
