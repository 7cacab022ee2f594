"""What a person learns of a run: figures, alarms, progress, sample grids."""
