"""Studies of the lab: sets of runs and the pages they make. They use passgap as anybody would."""
