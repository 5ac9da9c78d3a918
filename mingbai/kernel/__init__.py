"""kernel 地基: decisions, the clock, deadlines, scopes, uploads, masking, paging, page shell, database."""
