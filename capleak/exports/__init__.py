"""What leaves a record: files that other software reads, and the take-out of it all."""
