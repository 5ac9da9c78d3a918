"""accounts 账户与岗位: persons, bodies, posts in a territory with from and to, login."""
