"""The forecast: a folder of its own. In: published pairs, a base's counts. Out: what RLVR gives."""
