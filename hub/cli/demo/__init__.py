"""`hub demo`: an incident travels from one company to others, on a hub of its own."""
