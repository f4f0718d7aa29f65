// JSON-RPC 2.0, one message a line, as the daemon speaks it with the programs behind [rpcinterface:x]: text to values
// and back. Must not know methods or programs. Source: docs/extending.md. Cases: tests/protocols/json_rpc_test.cpp.
#pragma once

#include "config/result.hpp"
#include "protocols/xmlrpc.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace troupe::protocols {

/// Puts lines together from what a pipe hands out.
class line_splitter {
public:
  explicit line_splitter(std::size_t longest) : longest_(longest) {}

  /// Hands each line that `bytes` completes to `take`, without its LF or CR LF. False: `take` said so, or the line
  /// that has begun is too long; nothing more is to be fed then.
  bool feed(std::string_view bytes, const std::function<bool(std::string_view line)>& take);
  /// What has come of a line that is not complete.
  const std::string& rest() const { return rest_; }
  void clear() { rest_.clear(); }

private:
  std::size_t longest_;
  std::string rest_;
};

/// A call by the program, to be answered.
struct json_call {
  std::string id; ///< as JSON, for the answer
  std::string method;
  rpc_value::array params;
  std::optional<std::int64_t> serves; ///< `for`: the call of ours that it is made for; 0: none there can be
};
/// Who calls a method of the program, as it is told.
struct json_caller {
  std::string user;
  std::vector<std::string> roles;
};
/// A word from the program that wants no answer.
struct json_note {
  std::string method;
  rpc_value params;
};
/// The program's answer to call `id`.
struct json_answer {
  std::int64_t id = 0;
  rpc_response what;
};
using json_message = std::variant<json_call, json_note, json_answer>;

/// Errors say what is wrong with the line; it is not repeated.
config::result<json_message> parse_message(std::string_view line);

// -- out: whole lines, each with its LF. Strings that are not UTF-8 are mended with U+FFFD. ------------

std::string call_line(std::int64_t id, std::string_view method, const rpc_value::array& params,
                      const std::optional<json_caller>& by = {});
std::string note_line(std::string_view method, const rpc_value& params);
/// `id`: of a json_call.
std::string answer_line(std::string_view id, const rpc_response& what);

} // namespace troupe::protocols
