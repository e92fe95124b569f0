g = lambda x: x
