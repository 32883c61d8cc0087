"""Tuning: which settings of an engine are fastest for one model on one device of this machine."""
