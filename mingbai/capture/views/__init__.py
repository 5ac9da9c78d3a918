"""The pages of capture, by what they are for."""
