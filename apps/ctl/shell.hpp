// The interactive shell: a status, then one line after another.
// Must not know actions (session.hpp runs a line). Source: docs/contract/supervisorctl.md, 2.1.
#pragma once

#include "apps/ctl/session.hpp"

#include <functional>
#include <string>

namespace troupe::ctl {

/// `before_each`: called before a line is read. The exit status is always 0, so none is returned.
void run_shell(session& s, const std::string& prompt, const std::function<void()>& before_each = {});

} // namespace troupe::ctl
