"""What can go wrong while the templates are made?"""


class AssetError(Exception):
    """The code cannot be packed; the message says what a person does next."""
