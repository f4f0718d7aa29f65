// Looks at the machine for `doctor`: files, /proc, the daemon's address. Changes nothing. Must not judge (doctor.cpp
// does). Source: docs/supervisorctl.md, "Doctor".
#pragma once

#include "apps/ctl/doctor.hpp"
#include "apps/ctl/session.hpp"

namespace troupe::ctl {

doctor_facts look_around(session& s);

} // namespace troupe::ctl
