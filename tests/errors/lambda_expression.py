g = lambda x return x
