// How the desks and pipes of a runtime are to work, from what the runtime is told. Must not start any.
#pragma once

#include "actors/io/child_io.hpp"
#include "actors/io/death_desk.hpp"
#include "actors/io/event_bus.hpp"
#include "actors/runtime.hpp"

namespace troupe::actors {

/// `events` outlives the threads that read pipes.
child_io::settings io_settings(const runtime_settings& s, event_bus& events);
/// `events` and `log` outlive the desk.
death_desk::settings desk_settings(const runtime_settings& s, event_bus& events, platform::main_log& log);

} // namespace troupe::actors
