"""The names of events, as listeners subscribe to them, and a class for each, of which a family's is the base. That is what
there is to compare with and to look up; events are published by the daemon."""


class Event:
    pass


class ProcessStateEvent(Event):
    pass


class ProcessStateStartingOrBackoffEvent(ProcessStateEvent):
    pass


class SupervisorStateChangeEvent(Event):
    pass


class TickEvent(Event):
    period = None  # seconds


class EventTypes:
    """EventTypes.TICK_5 is the class of the event TICK_5."""


def _is(name, base, class_name=None, **members):
    words = class_name or "".join(word.capitalize() for word in name.split("_")) + "Event"
    event = base if base.__name__ == words else type(words, (base,), dict(members, __module__=__name__))
    globals()[words] = event
    setattr(EventTypes, name, event)
    return event


_is("EVENT", Event, "Event")
_is("PROCESS_STATE", ProcessStateEvent)
_is("PROCESS_STATE_STARTING", ProcessStateStartingOrBackoffEvent)
_is("PROCESS_STATE_BACKOFF", ProcessStateStartingOrBackoffEvent)
for _state in ("RUNNING", "STOPPING", "EXITED", "STOPPED", "FATAL", "UNKNOWN"):
    _is(f"PROCESS_STATE_{_state}", ProcessStateEvent)
for _family, _members in (("PROCESS_COMMUNICATION", ("STDOUT", "STDERR")), ("PROCESS_LOG", ("STDOUT", "STDERR")),
                          ("PROCESS_GROUP", ("ADDED", "REMOVED")), ("PROCESS_HEALTH", ("HEALTHY", "UNHEALTHY")),
                          ("PROCESS_NOTICE", ("HOOK", "LEFTOVER", "SKIPPED", "LIMIT"))):
    _base = _is(_family, Event)
    for _member in _members:
        _is(f"{_family}_{_member}", _base)
_is("REMOTE_COMMUNICATION", Event)
_is("SUPERVISOR_STATE_CHANGE", SupervisorStateChangeEvent)
_is("SUPERVISOR_STATE_CHANGE_RUNNING", SupervisorStateChangeEvent, "SupervisorRunningEvent")
_is("SUPERVISOR_STATE_CHANGE_STOPPING", SupervisorStateChangeEvent, "SupervisorStoppingEvent")
_is("TICK", TickEvent)
TICK_EVENTS = [_is(f"TICK_{_period}", TickEvent, f"Tick{_period}Event", period=_period) for _period in (5, 60, 3600)]


def getEventNameByType(requested):
    """The name of an event's class, or None."""
    return next((name for name, event in vars(EventTypes).items() if event is requested), None)
