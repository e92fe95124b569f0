x = 1j < 2j
