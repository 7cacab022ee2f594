"""Other characters: by wish, by brief, near one, unlike a cast; and who looks like whom."""
