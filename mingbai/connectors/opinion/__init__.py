"""opinion 旁证: drivers of the port ``kernel.ports.SecondOpinion``."""
