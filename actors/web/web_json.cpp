// See web_json.hpp.
#include "actors/web/web_json.hpp"

#include "protocols/json.hpp"

#include <unordered_set>
#include <utility>

namespace troupe::actors {

using protocols::fault;
using protocols::json_writer;
using protocols::rpc_fault;
using protocols::rpc_value;

namespace {

constexpr std::string_view json_type = "application/json";
constexpr std::string_view headers = "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
                                     "Cross-Origin-Resource-Policy: same-origin\r\n";

int status_of(std::int64_t code) {
  switch (static_cast<fault>(code)) {
  case fault::not_permitted:
    return 403;
  case fault::unknown_method:
  case fault::bad_name:
  case fault::no_file:
    return 404;
  case fault::incorrect_parameters:
  case fault::bad_arguments:
  case fault::signature_unsupported:
  case fault::bad_signal:
    return 400;
  case fault::shutdown_state:
    return 503;
  case fault::not_executable:
  case fault::failed:
  case fault::abnormal_termination:
  case fault::spawn_error:
  case fault::already_started:
  case fault::not_running:
  case fault::success:
  case fault::already_added:
  case fault::still_running:
  case fault::cant_reread:
    break;
  }
  return 409; // and the codes of extensions
}

} // namespace

web_reply json_reply(int status, std::string body) {
  return {status, json_type, std::string(headers), std::move(body)};
}

web_reply json_problem(int status, std::string_view text) {
  std::string body;
  json_writer out{body};
  out.begin_object();
  out.member("error", text);
  out.end_object();
  return json_reply(status, std::move(body));
}

web_reply fault_reply(const rpc_fault& f) {
  std::string body;
  json_writer out{body};
  out.begin_object();
  out.name("fault");
  out.begin_object();
  out.member("code", f.code);
  out.member("text", f.text);
  out.end_object();
  out.end_object();
  return json_reply(status_of(f.code), std::move(body));
}

config::result<std::optional<std::vector<std::string>>> json_strings(const rpc_value& of, std::string_view key) {
  const auto* member = of.member(key);
  if (!member || member->nil())
    return std::optional<std::vector<std::string>>{};
  std::vector<std::string> found;
  const auto* items = member->items();
  for (const auto& item : items ? *items : rpc_value::array{})
    if (const auto* text = item.string())
      found.push_back(*text);
  auto all_are = items && found.size() == items->size();
  if (!all_are)
    return config::fault(std::string(key) + " must be an array of strings");
  std::unordered_set<std::string_view> seen; // once is enough
  std::vector<std::string> once;
  for (const auto& text : found)
    if (seen.insert(text).second)
      once.push_back(text);
  return std::optional(std::move(once));
}

} // namespace troupe::actors
