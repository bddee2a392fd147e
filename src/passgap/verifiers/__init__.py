"""What marks a completion: a problem and a text in, an Outcome out."""
