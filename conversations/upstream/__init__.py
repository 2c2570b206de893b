"""The client of the provider: asyncio code that knows the Responses API, and nothing of Django or of the rest."""
