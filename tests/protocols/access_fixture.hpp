// The programs, roles and users that the contract's vectors speak of (docs/contract/access.md, 12), and a second,
// deliberately plain implementation of its decision (1.5, 2.1, 2.2) to hold against the daemon's own.
// Must not use protocols/access.cpp, glob.cpp or access_pattern.cpp.
#pragma once

#include "config/access_options.hpp"
#include "protocols/access_pattern.hpp"

#include <algorithm>
#include <csignal>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::tests {

using words = std::vector<std::string>;

/// Split at blanks.
inline words words_of(std::string_view text) {
  words made;
  while (!text.empty()) {
    auto end = std::min(text.find(' '), text.size());
    if (end > 0)
      made.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return made;
}

/// `verbs`, `programs` and `networks` as in a [role:x], but with blanks for commas. Signals: HUP and TERM only.
inline config::role_options role(std::string name, std::string_view verbs, std::string_view programs,
                                 std::string_view networks = "") {
  config::role_options made;
  made.name = std::move(name);
  for (const auto& verb : words_of(verbs)) {
    if (auto known = config::right_named(verb))
      made.rights |= config::bit(*known);
    else if (verb == "signal:HUP" || verb == "signal:TERM")
      made.signals |= std::uint64_t{1} << (verb == "signal:HUP" ? SIGHUP : SIGTERM);
    else
      made.methods.push_back(verb);
  }
  made.programs = words_of(programs);
  for (const auto& text : words_of(networks))
    made.networks.push_back(*config::network_of(text));
  return made;
}

inline config::access_options fixture() {
  config::access_options made;
  made.roles = {
    role("webops", "start stop restart tail", "web"),
    role("reader", "status", "* !secret"),
    role("bouncer", "restart", "web:web_00"),
    role("hup", "signal:HUP", "@front"),
    role("exporter", "metrics", "*"),
    role("deploy", "update token", "web pair:*"),
  };
  made.labels = {{"program:web", {"front"}}, {"program:db", {"back"}}};
  return made;
}

inline const std::vector<protocols::subject> programs = {
  {"web", "web_00", "program:web"}, {"web", "web_01", "program:web"},       {"cron", "cron", "program:cron"},
  {"db", "db", "program:db"},       {"secret", "secret", "program:secret"}, {"pair", "p1", "program:p1"},
  {"pair", "p2", "program:p2"},
};

inline protocols::subject program(std::string_view process) {
  return *std::find_if(programs.begin(), programs.end(), [&](const auto& s) { return s.process == process; });
}

// -- the second implementation -------------------------------------------------------------------

namespace reference {

/// Bytes only, and by trying everything: for short patterns without characters beyond ASCII.
inline bool fits(std::string_view pattern, std::string_view name) {
  if (pattern.empty())
    return name.empty();
  auto rest = pattern.substr(1);
  if (pattern[0] == '*')
    return fits(rest, name) || (!name.empty() && fits(pattern, name.substr(1)));
  if (name.empty())
    return false;
  if (pattern[0] == '[') {
    bool negated = rest.starts_with('!');
    auto close = rest.find(']', negated ? 2 : 1);
    if (close != rest.npos) {
      auto set = rest.substr(negated, close - negated);
      bool in = false;
      for (std::size_t i = 0; i < set.size(); ++i) {
        if (i + 2 < set.size() && set[i + 1] == '-') {
          in = in || (set[i] <= name[0] && name[0] <= set[i + 2]);
          i += 2;
        } else {
          in = in || set[i] == name[0];
        }
      }
      return in != negated && fits(rest.substr(close + 1), name.substr(1));
    }
  }
  return (pattern[0] == '?' || pattern[0] == name[0]) && fits(rest, name.substr(1));
}

inline bool names(std::string_view pattern, const protocols::subject& what, const config::access_options& options) {
  if (pattern == "*")
    return true;
  if (pattern.starts_with('@')) {
    auto labels = options.labels.find(what.section);
    return labels != options.labels.end() &&
           std::count(labels->second.begin(), labels->second.end(), pattern.substr(1));
  }
  auto colon = pattern.find(':');
  if (colon == pattern.npos)
    return fits(pattern, what.section.substr(what.section.find(':') + 1)) ||
           (what.process.empty() && fits(pattern, what.group));
  auto process = pattern.substr(colon + 1);
  return fits(pattern.substr(0, colon), what.group) && (process.empty() || fits(process, what.process));
}

inline bool holds(const config::role_options& role, const protocols::subject& what,
                  const config::access_options& options) {
  bool in = false;
  for (std::string_view pattern : role.programs) {
    if (!pattern.starts_with('!'))
      in = in || names(pattern, what, options);
    else if (names(pattern.substr(1), what, options))
      return false;
  }
  return in;
}

inline bool counts(const config::role_options& role, const config::origin& from) {
  for (const auto& network : role.networks)
    if (network.holds(from))
      return true;
  return role.networks.empty();
}

/// The words that a layer of `roles` gives: of rights, and `signal:N` for the numbers asked for.
inline std::set<std::string> given(const std::vector<const config::role_options*>& roles) {
  std::set<std::string> words;
  for (const auto* one : roles) {
    for (const auto& row : config::right_table)
      if (one->rights & config::bit(row.which))
        words.emplace(row.word);
    for (int number = 1; number < 64; ++number)
      if (one->signals >> number & 1)
        words.insert("signal:" + std::to_string(number));
  }
  if (words.contains("admin"))
    for (const auto& row : config::right_table)
      words.emplace(row.word);
  if (words.contains("update"))
    words.insert({"start", "stop", "restart"});
  if (words.contains("start") && words.contains("stop"))
    words.insert("restart");
  if (words.contains("signal"))
    for (int number = 1; number < 64; ++number)
      words.insert("signal:" + std::to_string(number));
  auto is_of_programs = [](const std::string& word) {
    auto known = config::right_named(word);
    return !known || config::row_of(*known).over == config::right_scope::program;
  };
  if (std::any_of(words.begin(), words.end(), is_of_programs))
    words.insert("status");
  return words;
}

using layers = std::vector<words>; ///< of names of roles

/// What every layer gives, each by those of its roles that `counts`.
template <class Counts>
std::set<std::string> by_all(const layers& all, const config::access_options& options, Counts role_counts) {
  std::map<std::string, const config::role_options*> by_name;
  for (const auto& one : config::built_in_roles())
    by_name[one.name] = &one;
  for (const auto& one : options.roles)
    by_name[one.name] = &one;
  std::set<std::string> held;
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::vector<const config::role_options*> roles;
    for (const auto& name : all[i])
      if (role_counts(*by_name.at(name)))
        roles.push_back(by_name.at(name));
    auto more = given(roles);
    if (i == 0)
      held = more;
    std::erase_if(held, [&](const auto& word) { return !more.contains(word); });
  }
  return held;
}

/// Words of rights over `what`, and `signal:N`.
inline std::set<std::string> over(const config::access_options& options, const layers& all, const config::origin& from,
                                  const protocols::subject& what) {
  auto held = by_all(all, options, [&](const auto& role) { return counts(role, from) && holds(role, what, options); });
  std::erase_if(held, [](const auto& word) {
    auto known = config::right_named(word);
    return known && config::row_of(*known).over != config::right_scope::program;
  });
  return held;
}

/// Words of rights over the daemon, and `token`.
inline std::set<std::string> over_daemon(const config::access_options& options, const layers& all,
                                         const config::origin& from) {
  auto whole = [&](const auto& role) { return counts(role, from) && role.programs == words{"*"}; };
  auto held = by_all(all, options, whole);
  std::erase_if(held, [](const auto& word) {
    auto known = config::right_named(word);
    return !known || config::row_of(*known).over != config::right_scope::daemon;
  });
  // `token` is of any role; admin, which brings it along, only of one for everything
  auto token = by_all(all, options, [&](const auto& role) {
    return counts(role, from) && ((role.rights & config::bit(config::right::token)) || whole(role));
  });
  if (token.contains("token"))
    held.insert("token");
  return held;
}

} // namespace reference
} // namespace troupe::tests
