"""What a report shows: sheets, strips, traversals and plots."""
