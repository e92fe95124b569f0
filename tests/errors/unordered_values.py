x = sorted([1, "a"])
