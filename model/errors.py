"""The one exception that a person sees, and a command line that raises it."""

import argparse
from typing import NoReturn


class UserError(Exception):
    """Something the user can mend: the message is one clear sentence that says what is wrong and
    what to do. The command line prints it on stderr and exits with code 2.
    """


class Parser(argparse.ArgumentParser):
    """argparse, except that a wrong option is a `UserError`, without the usage around it."""

    def error(self, message: str) -> NoReturn:
        raise UserError(f"{message}: see {self.prog} --help")
