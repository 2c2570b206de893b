"""What is known of one answer, from the request to how long the provider keeps it."""
