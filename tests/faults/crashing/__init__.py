"""Kills the process it runs in (SIGKILL) at its k-th step after the trigger file has been written.

A step is a place where the outside could see a difference: before a statement that writes, before and after a commit, before
and after a call to PASI. Reads change nothing, so dying between two of them is dying at the step before. Only the main thread
and that of a sender's calls are counted: heartbeats come when they like. Nothing of the product is replaced; its calls are only counted on their way.
"""
