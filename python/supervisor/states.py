"""Codes and names of states, as XML-RPC's getProcessInfo and getState give them."""


class ProcessStates:
    STOPPED = 0
    STARTING = 10
    RUNNING = 20
    BACKOFF = 30
    STOPPING = 40
    EXITED = 100
    FATAL = 200
    UNKNOWN = 1000


class SupervisorStates:
    FATAL = 2
    RUNNING = 1
    RESTARTING = 0
    SHUTDOWN = -1


class EventListenerStates:
    READY = 10
    BUSY = 20
    ACKNOWLEDGED = 30
    UNKNOWN = 40


RUNNING_STATES = (ProcessStates.RUNNING, ProcessStates.BACKOFF, ProcessStates.STARTING)
STOPPED_STATES = (ProcessStates.STOPPED, ProcessStates.EXITED, ProcessStates.FATAL, ProcessStates.UNKNOWN)
SIGNALLABLE_STATES = (ProcessStates.RUNNING, ProcessStates.STARTING, ProcessStates.STOPPING)


def _name(states, code):
    return next((name for name, value in vars(states).items() if name.isupper() and value == code), None)


def getProcessStateDescription(code):
    """RUNNING for 20, and so on; None for what is no state."""
    return _name(ProcessStates, code)


def getSupervisorStateDescription(code):
    return _name(SupervisorStates, code)


def getEventListenerStateDescription(code):
    return _name(EventListenerStates, code)
