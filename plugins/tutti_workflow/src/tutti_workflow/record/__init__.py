"""What is on disk of a run: its journal, and the files of the contract made from it."""
