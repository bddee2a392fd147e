"""From runs to what an analysis takes, and to its result."""
