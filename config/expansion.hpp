// printf-like templates over names: %(here)s, %(process_num)02d, %(ENV_HOME)s.
// Must not know options or sections; which names exist is the caller's. Source: docs/contract/configuration.md, 3.
#pragma once

#include "config/options.hpp"
#include "config/result.hpp"

#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

namespace troupe::config {

/// Variables that ENV_ names reach: the daemon's, with [supervisord] environment over them.
using variables = std::unordered_map<std::string, std::string>;

/// The names legal at one place; a null pointer is a name that does not exist there.
struct expansion_scope {
  const variables* env = nullptr;
  const environment* own_env = nullptr; ///< the program's own, over `env`
  const std::string* here = nullptr;
  const std::string* host_node_name = nullptr;
  const std::string* program_name = nullptr;
  const std::string* group_name = nullptr;
  const std::int64_t* process_num = nullptr;
  const std::int64_t* numprocs = nullptr;
  bool is_share = false; ///< a percent sign at the end may stand there once

  using value = std::variant<std::monostate, std::string_view, std::int64_t>; ///< monostate: no such name
  value find(std::string_view name) const;
  std::vector<std::string> names() const; ///< sorted by code point; ENV_* stands for all variables
};

/// `text` with every %(name) in place. `what`: the option's name in messages (3.4). An error tells where in `text` the
/// fault is and repeats nothing of it but the name: values hold passwords, and errors go to logs and clients.
result<std::string> expand(std::string_view text, const expansion_scope& scope, std::string_view what);

} // namespace troupe::config
