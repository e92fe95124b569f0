async def g(x):
    return x
