degree = 2
assert degree < 2, f"degree {degree} is too high"
