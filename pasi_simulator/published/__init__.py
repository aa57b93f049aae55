"""What PASI publishes within our scope, and how much of it this program simulates.

Data only names what is published and what is left out. Whether a row is simulated, and the words of what is, is read
from the tables that the simulator itself runs on, so the list cannot claim more than there is.
"""
