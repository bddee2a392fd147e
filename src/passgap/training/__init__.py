"""GRPO and distillation through TRL: a policy and problems in, a policy folder out."""
