// See platform/outbox.hpp: nobody would hold such a pipe for a worker, so all goes past it.
#include "platform/outbox.hpp"

#include <utility>

namespace troupe::platform {

outbox::outbox(std::atomic<std::uint32_t>& stage) : stage_(stage) {}
outbox::outbox(std::atomic<std::uint32_t>& stage, unique_fd out, unique_fd in)
    : stage_(stage), out_(std::move(out)), in_(std::move(in)) {}

bool outbox::fill(std::string_view) { return false; }
outbox::moved outbox::move_to(int) { return moved::all; }
std::string outbox::take_back() { return {}; }
void outbox::go_past() { set(outbox_stage::past); }
void outbox::all_arrived() { set(outbox_stage::moving); }

} // namespace troupe::platform
