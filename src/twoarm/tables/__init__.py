"""The tables that stages hand to one another, one module a stage that writes them."""
