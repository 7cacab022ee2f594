"""What a training run is: configuration, growth, step, state, checkpoints, loop."""
