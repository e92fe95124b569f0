degree = 7
if degree > 6:
    raise ValueError(f"no degree {degree}")
