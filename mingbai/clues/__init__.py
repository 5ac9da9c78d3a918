"""clues 线索: reports of misconduct, sealed at receipt to the key of the office that handles them."""
