"""Few labels: what to ask about next, and what can be learned from the answers so far."""
