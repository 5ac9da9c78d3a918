"""demo 演示: one county fully staffed and three weeks of its life, written for it."""
