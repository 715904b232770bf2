"""How events come in, in our shape and in others that shops send already."""
