"""What the matrix of rights is tried on: its people, its objects, and how an answer is named."""
