"""Several checkpoints: where coverage begins to fall, which one to keep."""
