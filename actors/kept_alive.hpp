// An actor that is spawned again, from its record, when it dies of anything but an order to end.
// Must not know what the actor does. Cases: tests/actors/http_actor_test.cpp, tests/actors/event_listener_test.cpp.
#pragma once

#include "actors/asio_host.hpp"

#include <caf/actor_control_block.hpp>

#include <functional>
#include <string>

namespace troupe::platform {
class main_log;
}

namespace troupe::actors {

/// `spawn` makes the actor on `host`; where it returns null, there is to be none any more. It is called again on the
/// thread of the host: at once, or, where it died soon after it was made, a moment later.
void keep_alive(asio_host& host, platform::main_log& log, std::string who,
                std::function<caf::strong_actor_ptr()> spawn);

} // namespace troupe::actors
