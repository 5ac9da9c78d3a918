"""files 文件: chat exports and other tables that people bring as files."""
