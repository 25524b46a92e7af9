def _init_extension(): pass
