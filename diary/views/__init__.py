"""Pages of the diary, one module per page or action."""
