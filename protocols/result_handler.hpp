// The handler of a listener's result: what becomes of an event once a listener has answered.
// Must not know where a handler comes from (actors/extensions/plugins.cpp does) or act on its verdict.
// Source: docs/contract/lifecycle.md, 7.1 and 7.2.
#pragma once

#include <functional>
#include <string_view>

namespace troupe::protocols {

enum class handler_verdict {
  accept, ///< the event was processed
  reject, ///< it is sent again
  error,  ///< likewise, and the listener is not to be trusted any more
};

/// Pure; may be called from any thread. `header`: the event's envelope as it was sent, with its LF.
using result_handler =
  std::function<handler_verdict(std::string_view header, std::string_view body, std::string_view result)>;

/// supervisor.dispatchers:default_handler: exactly `OK` is accepted.
inline handler_verdict default_result_handler(std::string_view, std::string_view, std::string_view result) {
  return result == "OK" ? handler_verdict::accept : handler_verdict::reject;
}

} // namespace troupe::protocols
