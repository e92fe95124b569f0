a = "\x41\n" 'b' """c
d""" r"\e"
b = u"ä"
