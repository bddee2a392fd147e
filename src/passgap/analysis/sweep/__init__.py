"""Several checkpoints: where coverage begins to fall, and which one to keep."""
