"""All pictures that a person may see: found, described by what made them, taken along."""
