"""All we keep of one visitor, and how events change it."""
