"""采集: group chats, their messages in and out, and what is recognised in them."""
