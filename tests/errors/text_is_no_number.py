degree = int("two")
