"""The team's provider for every OpenAI client: `/openai/v1/`, and `/openai/` with an `api-version`."""
