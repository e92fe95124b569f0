if 1 < 2
    x = 1
