// See doors.hpp: the tables.
#include "protocols/doors.hpp"

#include <algorithm>
#include <iterator>

namespace troupe::protocols {

using config::right;

namespace {

constexpr std::string_view reads = "GET", posts_only = "POST", both = "GET POST";
constexpr door open{reach::open}, known{reach::known}, named{reach::named};
constexpr door one(right needs) { return {reach::one, needs}; }
constexpr door all(right needs) { return {reach::all, needs}; }
constexpr door list(right needs) { return {reach::list, needs}; }

// clang-format off: one row each
constexpr url_row urls[] = {
  {reads, "stylesheets/*", open},
  {reads, "images/*", open},
  {reads, "scripts/*", open},
  {both, "signin.html", open},
  {posts_only, "api/v1/session", open},

  {both, "", known},
  {both, "index.html", known},
  {both, "ok.html", known},
  {reads, "tail.html", known},
  {reads, "account.html", known},
  {posts_only, "signout", known},
  {reads, "api/v1/whoami", known},
  {reads, "api/v1/can", known},
  {reads, "api/v1/token", known},
  {reads, "api/v1/tokens", known},
  {posts_only, "api/v1/tokens", {reach::self, right::token}},
  {posts_only, "api/v1/tokens/*/revoke", known},
  {posts_only, "api/v1/session/end", known},

  {posts_only, "RPC2*", named},
  {posts_only, "api/v1/call/*", named},
  {posts_only, "api/v1/actions", named},

  {reads, "api/v1/status", list(right::status)},
  {reads, "api/v1/graph", list(right::status)},
  {reads, "api/v1/plan", list(right::status)},
  {reads, "api/v1/processes/*/deaths", one(right::status)},
  {reads, "api/v1/processes/*", one(right::status)},
  {reads, "history.html", list(right::status)},
  {reads, "graph.html", list(right::status)},
  {reads, "api/v1/history", list(right::status)},
  {reads, "api/v1/history/at", list(right::status)},
  {reads, "api/v1/events", list(right::events)},
  {reads, "api/v1/log/*", one(right::tail)},
  {reads, "api/v1/mainlog", {reach::daemon, right::mainlog}},
  {reads, "api/v1/rollouts/*", list(right::status)},
  {reads, "api/v1/rollouts", list(right::status)},
  {posts_only, "api/v1/rollouts/*", list(right::restart)}, // DELETE
  {posts_only, "api/v1/rollouts", list(right::restart)},
  {posts_only, "api/v1/config/reread", list(right::update)},
  {posts_only, "api/v1/config/update", list(right::update)},
  {posts_only, "api/v1/apply", list(right::update)},
  {posts_only, "api/v1/scales", list(right::update)},
  {reads, "tail.html?processname", one(right::tail)},
  {reads, "logtail*", one(right::tail)},
  {reads, "mainlogtail*", {reach::daemon, right::mainlog}},
  {reads, "metrics", list(right::metrics)},
};

constexpr action_row actions[] = {
  {"refresh", known},
  {"start", one(right::start)},
  {"stop", one(right::stop)},
  {"restart", one(right::restart)},
  {"clearlog", one(right::clear)},
  {"signal", one(right::signal)},
  {"hup", one(right::signal)},
  {"rolling", one(right::restart)},
  {"disable", {reach::daemon, right::admin}},
  {"enable", {reach::daemon, right::admin}},
  {"startall", all(right::start)},
  {"stopall", all(right::stop)},
  {"restartall", all(right::restart)},
  {"clearall", all(right::clear)},
  {"startselected", one(right::start)},
  {"stopselected", one(right::stop)},
  {"restartselected", one(right::restart)},
  {"clearselected", one(right::clear)},
};
// clang-format on

bool fits(std::string_view pattern, std::string_view path) {
  auto star = pattern.find('*');
  if (star == pattern.npos)
    return pattern == path;
  auto end = pattern.substr(star + 1);
  return path.size() + 1 >= pattern.size() && path.starts_with(pattern.substr(0, star)) && path.ends_with(end);
}

} // namespace

std::span<const url_row> url_doors() { return urls; }

std::optional<door> door_of_url(bool posts, std::string_view path) {
  auto found = std::find_if(std::begin(urls), std::end(urls), [&](const url_row& row) {
    return row.methods.find(posts ? posts_only : reads) != row.methods.npos && fits(row.path, path);
  });
  return found == std::end(urls) ? std::nullopt : std::optional(found->opens);
}

std::span<const action_row> action_doors() { return actions; }

std::optional<door> door_of_action(std::string_view name) {
  auto found = std::find_if(std::begin(actions), std::end(actions), [&](auto& row) { return row.name == name; });
  return found == std::end(actions) ? std::nullopt : std::optional(found->opens);
}

} // namespace troupe::protocols
