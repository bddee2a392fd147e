"""During training: where the run stands, and what needs attention."""
