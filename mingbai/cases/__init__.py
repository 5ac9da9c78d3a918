"""cases 诉求: the life of a request from first word to rated answer, its clock and its holder."""
