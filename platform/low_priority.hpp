// For threads whose work may wait for everybody else's. Must not be called by others.
#pragma once

namespace troupe::platform {

/// The calling thread alone gets time only where nobody else wants it. Where the system cannot tell threads apart:
/// nothing.
void work_at_low_priority();

} // namespace troupe::platform
