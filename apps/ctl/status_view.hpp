// What `status` shows of the processes it has found, and how: columns, order, colours. Text out; must not ask, nor
// print. Source: docs/contract/supervisorctl.md, 6.2, and docs/supervisorctl.md.
#pragma once

#include "apps/ctl/feed.hpp"
#include "config/result.hpp"

#include <optional>
#include <string>
#include <vector>

namespace troupe::ctl {

struct status_request {
  std::vector<std::string> names;
  std::vector<std::string> states; ///< only these; empty: all
  enum class order { as_they_come, name, state, cpu, memory, restarts, start } sort = order::as_they_come;
  bool details = false;        ///< -v
  bool strict = false;         ///< what does not run is a failure
  std::optional<double> watch; ///< seconds between looks, where the daemon does not tell by itself

  bool needs_facts() const {
    return details || (sort != order::as_they_come && sort != order::name && sort != order::state);
  }
};
/// The error is for usage_error.
config::result<status_request> to_status_request(std::vector<std::string> words);

using shown_rows = std::vector<const process_row*>;
/// Those that are to be shown, in their order.
shown_rows arranged(shown_rows found, const status_request& wanted, const facts_book& facts);

struct status_look {
  bool color = false;
  bool header = false;
  bool details = false;
  bool careful = false; ///< texts as `displayable` has them, which those of old are not
  std::int64_t now = 0; ///< seconds since the epoch
};
/// The rows; without a look as they always were.
std::string status_table(const shown_rows& rows, const status_look& look = {}, const facts_book& facts = {});

std::string memory_text(std::int64_t bytes);                        ///< 812K, 41M, 1.2G
std::string end_text(const process_facts& facts, std::int64_t now); ///< `exit 1, 12:03`; `-`

} // namespace troupe::ctl
