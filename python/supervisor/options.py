"""How a process is named: GROUP:PROCESS, or PROCESS alone where its group is called like it."""


def make_namespec(group_name, process_name):
    """make_namespec("web", "web_00") is "web:web_00"; without a process name it is the whole group, "web:*"."""
    if group_name == process_name:
        return group_name
    return f"{group_name}:{process_name or '*'}"


def split_namespec(namespec):
    """(group, process); the process is None where a whole group is meant: "web:*" and "web:"."""
    group, colon, process = namespec.partition(":")
    if not colon:
        return group, group
    return group, None if process in ("", "*") else process
