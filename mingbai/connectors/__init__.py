"""connectors 连接器: what speaks to the world outside: files of chat exports, short messages."""
