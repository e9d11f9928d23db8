"""`tt gc`: what nobody needs any more, and why everything else stays."""
