"""Signing in with the account of the company: OpenID Connect through allauth, with what it leaves open closed."""
