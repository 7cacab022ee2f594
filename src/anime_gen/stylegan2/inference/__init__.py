"""Pictures from a finished generator, fast enough for a slider."""
