"""While training: where the run stands, and what should be looked at."""
