"""A browser on the server that a model works with, while people watch: one for each task, and gone with it."""
