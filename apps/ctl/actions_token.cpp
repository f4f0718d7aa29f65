// token: tokens for programs, made, listed and revoked. Must not keep one: a secret is printed once and forgotten.
// Source: docs/contract/access.md, 3.5 and 4. What the daemon is taken to answer:
//   access.createToken({roles: array, ttl: seconds, name, networks: array, user}) -> {id, token, expires}; what is not
//     given is not in the struct
//   access.listTokens({user}) -> array of {id, user, roles: array, expires, used, name}
//   access.revokeToken(id) -> true; fault 10 for one that is not there, or is another's
// `expires` is in seconds since 1970, or a text to be shown as it is; `used` is a day, or empty.
#include "apps/ctl/actions.hpp"
#include "apps/ctl/names.hpp"
#include "apps/ctl/processes.hpp"
#include "config/access_setters.hpp"
#include "config/datatypes.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <string>
#include <vector>

namespace troupe::ctl {

namespace {

using protocols::rpc_fault;
using protocols::rpc_value;
using words = std::vector<std::string>;

void refuse(session& s, const std::string& why, exit_status with = exit_status::invalid_arguments) {
  usage_error(s, "token", why, with);
}

/// The sentence of a fault, for people.
std::string sentence_of(const rpc_fault& fault) {
  if (fault.code == fault_code::not_permitted)
    return "ERROR: not permitted";
  if (fault.code == fault_code::unknown_method)
    return "ERROR: this daemon keeps no tokens";
  return "ERROR: " + fault.text;
}

exit_status status_of(const rpc_fault& fault) {
  return fault.code == fault_code::not_permitted ? exit_status::insufficient_privileges : exit_status::generic;
}

std::string time_text(std::int64_t seconds) {
  auto when = static_cast<std::time_t>(seconds);
  std::tm parts{};
  char text[40];
  if (!::gmtime_r(&when, &parts) || !std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts))
    return std::to_string(seconds);
  return text;
}

/// A member as it is shown: lists with commas, times in UTC.
std::string cell(const rpc_value& of, std::string_view key, bool is_time = false) {
  auto value = of.member(key);
  if (!value)
    return {};
  if (auto seconds = value->integer())
    return is_time ? time_text(*seconds) : std::to_string(*seconds);
  if (auto date = std::get_if<protocols::rpc_date>(&value->is))
    return date->text;
  std::string text;
  if (value->items())
    for (const auto& item : *value->items())
      if (item.string())
        (text += text.empty() ? "" : ",") += *item.string();
  return value->string() ? *value->string() : text;
}

/// Options as `--name value` or `--name=value`; the names that may come, and what did.
struct option {
  std::string name;
  std::string value;
};
config::result<std::vector<option>> parse_options(const words& given, std::initializer_list<std::string_view> known) {
  std::vector<option> found;
  for (std::size_t i = 0; i < given.size(); ++i) {
    auto equals = given[i].find('=');
    auto name = given[i].substr(0, equals);
    if (std::find(known.begin(), known.end(), name) == known.end())
      return config::fault(name.starts_with('-') ? "no such option " + name : "there is nothing to do with " + name);
    if (equals == std::string::npos && i + 1 == given.size())
      return config::fault(name + " requires an argument");
    auto value = equals == std::string::npos ? given[++i] : given[i].substr(equals + 1);
    found.push_back({name, value});
  }
  return found;
}

void append_items(rpc_value::array& to, const std::string& comma_separated) {
  for (auto& item : config::comma_list(comma_separated))
    to.emplace_back(std::move(item));
}

/// The parameter of createToken. The error is for usage_error.
config::result<rpc_value::structure> wanted_token(const words& given) {
  auto options = parse_options(given, {"--role", "--ttl", "--name", "--network", "--user"});
  if (!options)
    return options.error();
  rpc_value::structure wanted;
  rpc_value::array roles, networks;
  for (const auto& [name, value] : *options) {
    if (name == "--role") {
      append_items(roles, value);
    } else if (name == "--network") {
      append_items(networks, value);
    } else if (name == "--ttl") {
      auto seconds = config::setters::duration(value);
      if (!seconds)
        return seconds.error();
      wanted.emplace_back("ttl", *seconds);
    } else {
      wanted.emplace_back(name.substr(2), value);
    }
  }
  if (!roles.empty())
    wanted.emplace_back("roles", std::move(roles));
  if (!networks.empty())
    wanted.emplace_back("networks", std::move(networks));
  return wanted;
}

/// Stdout is for the token alone: whatever else there is to say goes to stderr.
void create(session& s, const words& given) {
  auto wanted = wanted_token(given);
  if (!wanted)
    return refuse(s, wanted.error().what);
  auto response = s.call("access.createToken", {*wanted});
  if (auto fault = std::get_if<rpc_fault>(&response)) {
    s.chosen().json ? s.wrong(sentence_of(*fault)) : s.outside().err(printable(sentence_of(*fault)) + "\n");
    return s.fail(status_of(*fault));
  }
  const auto& made = std::get<rpc_value>(response);
  if (s.chosen().json)
    return s.document(rpc_value::structure{
      {"token", cell(made, "token")}, {"id", cell(made, "id")}, {"expires", cell(made, "expires", true)}});
  s.out(cell(made, "token"));
  s.outside().err(printable("id " + cell(made, "id") + ", expires " + cell(made, "expires", true)) + "\n");
}

void list(session& s, const words& given) {
  auto options = parse_options(given, {"--user"});
  if (!options)
    return refuse(s, options.error().what);
  rpc_value::structure wanted;
  for (const auto& [name, value] : *options)
    wanted.emplace_back("user", value);
  auto response = s.call("access.listTokens", {wanted});
  if (auto fault = std::get_if<rpc_fault>(&response))
    return s.wrong(sentence_of(*fault)), s.fail(status_of(*fault));
  if (s.chosen().json)
    return s.document(std::get<rpc_value>(response));
  constexpr std::size_t columns = 6;
  std::vector<std::array<std::string, columns>> table = {{"ID", "USER", "ROLES", "EXPIRES", "USED", "NAME"}};
  if (auto tokens = std::get<rpc_value>(response).items())
    for (const auto& token : *tokens)
      table.push_back({cell(token, "id"), cell(token, "user"), cell(token, "roles"), cell(token, "expires", true),
                       cell(token, "used"), cell(token, "name")});
  std::array<std::size_t, columns> widths{};
  for (auto& row : table)
    for (std::size_t i = 0; i < columns; ++i) {
      row[i] = row[i].empty() ? "-" : printable(row[i]);
      widths[i] = std::max(widths[i], code_points(row[i]));
    }
  for (const auto& row : table) {
    std::string line;
    for (std::size_t i = 0; i + 1 < columns; ++i)
      line += padded(row[i], widths[i]) + "  ";
    s.out(line + row.back());
  }
}

void revoke(session& s, const words& ids) {
  if (ids.empty())
    return refuse(s, "token revoke requires the ID of a token");
  for (const auto& id : ids) {
    auto response = s.call("access.revokeToken", {id});
    auto fault = std::get_if<rpc_fault>(&response);
    if (!fault) {
      s.out(id + ": revoked");
      s.result(rpc_value::structure{{"id", id}, {"ok", true}, {"text", id + ": revoked"}});
      continue;
    }
    if (fault->code == fault_code::not_permitted || fault->code == fault_code::unknown_method)
      return s.wrong(sentence_of(*fault)), s.fail(status_of(*fault));
    s.wrong(id + ": ERROR (" + (fault->code == fault_code::bad_name ? "no such token" : fault->text) + ")");
    s.fail(exit_status::generic);
  }
}

} // namespace

void do_token(session& s, const std::string& arguments) {
  auto given = split_words(arguments);
  takes_json(s, given);
  if (given.empty())
    return refuse(s, "token requires create, list or revoke");
  auto what = given.front();
  given.erase(given.begin());
  if (what == "create")
    create(s, given);
  else if (what == "list")
    list(s, given);
  else if (what == "revoke")
    revoke(s, given);
  else
    refuse(s, "token requires create, list or revoke, not " + what);
}

} // namespace troupe::ctl
