"""Pure ASGI middleware, one file a concern."""
