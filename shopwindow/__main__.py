"""`python -m shopwindow`."""

from shopwindow.cli import main

main()
