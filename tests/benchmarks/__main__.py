"""`python -m tests.benchmarks`: how fast this machine draws and trains."""

from tests.benchmarks.speed import main

main()
