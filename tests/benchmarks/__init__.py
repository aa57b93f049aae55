"""Measured speed: `make bench`. Every bench takes its floor in the same run, since only ratios hold on another machine."""
