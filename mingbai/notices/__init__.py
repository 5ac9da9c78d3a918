"""notices 通知: one outbox to persons and posts, the in-app inbox, delivery after commit."""
