// What the messages of an extension's program say, as values. Pure. Must not act on them (rpc_program.cpp does).
// Source: docs/extending.md.
#pragma once

#include "actors/rpc/rpc_extension.hpp"
#include "config/options.hpp"
#include "protocols/xmlrpc.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace troupe::actors {

/// The text of this member; null: there is none.
const std::string* text_member(const protocols::rpc_value& from, std::string_view name);
/// INFO where there is no such level.
config::log_level level_named(const std::string* name);
/// Of `register`. Errors say what is wrong with the methods.
config::result<extension_methods> methods_of(const protocols::rpc_value& params);

/// The bytes of its stderr, as lines of a bounded length.
class complaint_lines {
public:
  void feed(std::string_view bytes, const std::function<void(const std::string& line)>& take);
  void finish(const std::function<void(const std::string& line)>& take); ///< what has no end of line
  void clear() { line_.clear(); }

private:
  std::string line_; ///< so far
};

} // namespace troupe::actors
