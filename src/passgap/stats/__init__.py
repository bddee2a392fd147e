"""Pure mathematics: arrays in, results out; numpy and scipy only."""
