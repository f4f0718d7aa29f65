// What Tab offers in the shell. Pure but for the one question to the daemon, asked once a line.
// Must not print. Source: docs/contract/supervisorctl.md, 2.5.
#pragma once

#include "apps/ctl/processes.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::ctl {

/// Words that fit what stands before the cursor, sorted, whole and without the blank that follows them. `rows`: asked
/// only if processes or groups are wanted.
std::vector<std::string> candidates(std::string_view before_cursor,
                                    const std::function<const std::vector<process_row>&()>& rows);

class completer {
public:
  explicit completer(session& s) : session_(s) {}
  std::vector<std::string> operator()(std::string_view before_cursor);
  void forget() { rows_.reset(); } ///< an action runs: the next line asks again

private:
  session& session_;
  std::optional<std::vector<process_row>> rows_;
};

} // namespace troupe::ctl
