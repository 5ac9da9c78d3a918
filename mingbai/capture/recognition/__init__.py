"""The recognition engine: from the lines of group chats to findings, in pure Python."""
