// When a process is looked at, and what it comes to in words: pure functions. Must not hold state; process_checks.cpp
// asks. Source: docs/contract/programs.md, 3.1 and 4.2. Cases: tests/core/readiness_test.cpp.
#pragma once

#include "actors/core/check_record.hpp"
#include "actors/core/restart_policy.hpp"
#include "config/check_options.hpp"

#include <string>

namespace troupe::actors {

/// Whoever makes it asks: not the process itself, by a datagram, a descriptor or a line.
bool is_probe(const config::check_form& form);
/// From the spawn to the next probe, where so much time has passed: after 0.1, 0.2, 0.4 and 0.8 s, then every
/// `interval`.
clock::duration next_look(clock::duration passed, std::chrono::milliseconds interval);
/// `waiting to be ready: tcp:5432`, and what the process says of itself.
std::string awaited_text(const config::check_form& form, const std::string& status);
/// STATUS, and RELOADING, STOPPING or ERRNO where it has said so.
std::string status_text(const check_record& of);
/// From RUNNING to the first probe: not all at once.
clock::duration first_health_look(std::chrono::milliseconds interval, std::uint64_t chance);

} // namespace troupe::actors
