"""The `hub` command: embedded services, and supervision of the hub's processes."""
