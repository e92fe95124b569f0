x = range(10**9)
