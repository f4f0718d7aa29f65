// See web_desk.hpp: /api/v1 as far as it is about access control, which there is only where that is on: who somebody
// is, what he may do, his tokens. Methods answer it all (access.*). Must not decide who may. Source: docs/web.md.
#include "actors/web/web_json.hpp"

#include "protocols/html.hpp"

#include <utility>

namespace troupe::actors {

using boost::asio::awaitable;
using protocols::rpc_value;

namespace {

constexpr std::string_view one_token = "tokens/", revoke = "/revoke";

/// ID of `tokens/ID/revoke`; empty: it is another address.
std::string_view revoked_token(std::string_view path) {
  bool fits = path.size() > one_token.size() + revoke.size() && path.starts_with(one_token) && path.ends_with(revoke);
  return fits ? path.substr(one_token.size(), path.size() - one_token.size() - revoke.size()) : std::string_view();
}

} // namespace

bool web_desk::is_about_access(std::string_view path) {
  return path == "whoami" || path == "can" || path == "tokens" || !revoked_token(path).empty();
}

awaitable<web_answer> web_desk::api_access(const web_request& r, const std::string& path) {
  bool posts = r.method == web_request::http_method::post;
  auto revoked = revoked_token(path);
  if (!r.reads() && !posts)
    co_return json_problem(405, "GET reads; POST changes");
  if (posts && path != "tokens" && revoked.empty())
    co_return json_problem(405, "this needs GET");
  if (r.reads() && !revoked.empty())
    co_return json_problem(405, "this needs POST");
  if (posts)
    if (auto refused = turned_away(r, "", true))
      co_return *std::move(refused);
  protocols::form fields{r.target, {}};
  std::string method = "access.whoami";
  rpc_value::array params;
  std::string_view member;
  if (path == "can") {
    method = "access.can";
    params = {fields.value("right"), fields.value("name")};
    member = "result";
  } else if (!revoked.empty()) {
    method = "access.revokeToken";
    params = {revoked};
    member = "result";
  } else if (path == "tokens" && posts) {
    auto body = co_await parsed(r.body);
    if (!body || !body->members())
      co_return json_problem(400, body ? "the body must be an object" : body.error().what);
    method = "access.createToken";
    params = {*std::move(body)};
  } else if (path == "tokens") {
    method = "access.listTokens";
    if (const auto* user = fields.find("user"))
      params = {*user};
    member = "tokens";
  }
  auto answered = co_await api_result(std::move(method), std::move(params), member);
  co_return answered;
}

} // namespace troupe::actors
