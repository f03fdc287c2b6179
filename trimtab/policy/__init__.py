"""The policy language: files in, typed policies out, three-valued answers about one function.

Pure. Nothing here reads a file, a clock or AWS; pydantic and YAML stay in `loader*` and `schema*`.
"""
