"""Labels that people state: one reader of tables, one way to find the picture a row names, one store of answers."""
