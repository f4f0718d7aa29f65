// See sign_in.hpp.
#include "protocols/sign_in.hpp"

#include "protocols/doors.hpp"
#include "protocols/html.hpp"
#include "protocols/http_text.hpp"
#include "protocols/session_cookie.hpp"
#include "protocols/web_place.hpp"

#include <algorithm>
#include <optional>

namespace troupe::protocols {

namespace {

/// Without the slash in front and the query; nullopt: not spelt as we spell ours, or a call, as nearly all are.
std::optional<std::string_view> plain_path(std::string_view target) {
  if (target.starts_with("/RPC2"))
    return std::nullopt;
  auto path = target.substr(0, target.find('?'));
  auto is_plain = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           std::string_view("._-/").find(c) != std::string_view::npos;
  };
  bool plain = path.starts_with('/') && path.find("//") == path.npos && path.find("..") == path.npos &&
               std::all_of(path.begin(), path.end(), is_plain);
  return plain ? std::optional(path.substr(1)) : std::nullopt;
}

bool is_page(std::string_view target) {
  using kind = web_place::kind;
  auto where = web_place_of(target).what;
  return where == kind::status_page || where == kind::tail_page || where == kind::graph_page ||
         sign_in_place_of(target) == sign_in_place::account;
}

} // namespace

sign_in_place sign_in_place_of(std::string_view target) {
  using enum sign_in_place;
  auto path = plain_path(target);
  if (!path)
    return none;
  for (std::string_view folder : {"stylesheets/", "images/", "scripts/"})
    if (path->starts_with(folder))
      return asset;
  return *path == "signin.html"          ? sign_in_page
         : *path == "account.html"       ? account
         : *path == "signout"            ? sign_out
         : *path == "api/v1/session"     ? session
         : *path == "api/v1/session/end" ? session_end
                                         : none;
}

bool is_open_door(bool reads, bool posts, std::string_view target) {
  auto path = plain_path(target);
  if (!path || !(reads || posts))
    return false;
  auto door = door_of_url(posts, *path);
  return door && door->of == reach::open;
}

bool cookies_count_at(std::string_view target) {
  auto where = route(target);
  return where != endpoint::rpc && where != endpoint::log && where != endpoint::main_log;
}

unproven unproven_form(bool reads, std::string_view target, const request_marks& marks, std::string_view accept,
                       bool proved) {
  if (marks.sec_fetch_mode && *marks.sec_fetch_mode != "navigate")
    return unproven::page_part;
  bool shows = marks.sec_fetch_mode || accept.find("text/html") != accept.npos;
  // over plain HTTP browsers name the page, but no mode; and a form of a page is no reason for a dialog
  if ((!shows || !reads) && sender_of(marks) == sender::own_page)
    return unproven::page_part;
  return reads && shows && !proved && is_page(target) ? unproven::page : unproven::script;
}

std::string sign_in_address(std::string_view target) {
  auto page = target.substr(std::min(target.find_first_not_of('/'), target.size()));
  return "signin.html?next=" + url_quoted(page_after_sign_in(page));
}

} // namespace troupe::protocols
