"""What goes wrong in other people's processes: each hazard in a process of its own."""
