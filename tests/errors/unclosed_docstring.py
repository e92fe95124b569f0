"""A form
x = 1
