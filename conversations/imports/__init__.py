"""What comes in from elsewhere: our own exports, those of ChatGPT and Open WebUI (docs/import.md). All is hostile."""
