"""What an artist keeps: characters, history and cast, on disk and as one file."""
