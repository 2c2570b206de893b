"""What leaves a conversation: its records and files without loss, and its text to read (docs/export.md)."""
