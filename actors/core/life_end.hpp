// Which steps of a process are ends that nobody asked for, and what is known of them at once: a pure function of what
// happened. Must not gather what takes time (actors/io/death_desk.hpp does). Source: docs/contract/deaths.md, 1. Cases:
// tests/core/life_end_test.cpp.
#pragma once

#include "actors/core/process_fsm.hpp"
#include "protocols/death_report.hpp"

#include <optional>
#include <span>

namespace troupe::actors {

/// The report of what `happened` was the end of, as far as the records tell; nothing: it was no end, it was asked for
/// or expected. `effects`: of that step.
std::optional<protocols::death_report> end_of_life(const config::process_options& options, const process_record& before,
                                                   const process_event& happened,
                                                   std::span<const process_effect> effects, const moment& at);

/// Whether the event of such a step is one of an end: EXITED, BACKOFF, FATAL.
bool tells_of_end(const effect::emit& emitted);

} // namespace troupe::actors
