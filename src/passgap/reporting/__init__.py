"""Charts and the page: results in, HTML and figures out; computes nothing."""
