// The part of `doctor` that looks at processes: the daemon's own, those that run what its programs run, their limits
// and stop times. Must not judge, nor signal anybody. Source: docs/supervisorctl.md, "Doctor".
#pragma once

#include "apps/ctl/doctor.hpp"
#include "config/datatypes.hpp"
#include "config/options.hpp"

#include <cstdint>
#include <string>

namespace troupe::ctl {

/// The file that a program's command runs; empty: it cannot be found.
std::string program_of(const config::process_options& process, const config::host& on);
/// By the pid file.
void look_at_daemon(doctor_facts& seen);
void look_at_programs(doctor_facts& seen, const config::configuration& cfg);

} // namespace troupe::ctl
