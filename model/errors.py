"""The one exception that a person sees."""


class UserError(Exception):
    """Something the user can mend: the message is one clear sentence that says what is wrong and
    what to do. The command line prints it on stderr and exits with code 2.
    """
