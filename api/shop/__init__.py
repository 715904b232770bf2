"""The shop pages: a small storefront in front of the engine, and the browser script it uses."""
