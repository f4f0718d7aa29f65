// See access_options.hpp: the roles that are there without a section, and how two sets of rules differ.
#include "config/access_options.hpp"

#include <algorithm>
#include <tuple>

namespace troupe::config {

namespace {

/// ` +new -gone ~changed`, each in the order of its file.
template <class Option>
std::string changes(const std::vector<Option>& before, const std::vector<Option>& after) {
  auto find = [](const std::vector<Option>& in, const Option& one) {
    return std::find_if(in.begin(), in.end(), [&](auto& other) { return other.name == one.name; });
  };
  std::string added;
  std::string gone;
  std::string changed;
  for (const auto& one : after) {
    auto old = find(before, one);
    if (old == before.end())
      added += " +" + one.name;
    else if (*old != one)
      changed += " ~" + one.name;
  }
  for (const auto& one : before)
    if (find(after, one) == after.end())
      gone += " -" + one.name;
  return added + gone + changed;
}

} // namespace

std::string access_difference(const access_options& before, const access_options& after) {
  std::string out;
  auto add = [&](const std::string& what, const std::string& how) {
    if (!how.empty())
      out += (out.empty() ? "" : ", ") + what + how;
  };
  add("users", changes(before.users, after.users));
  add("roles", changes(before.roles, after.roles));
  bool same_order = std::equal(before.users.begin(), before.users.end(), after.users.begin(), after.users.end(),
                               [](auto& a, auto& b) { return a.name == b.name; }); // the first who has a group counts
  if (out.empty() && !same_order)
    add("users", " in another order");
  std::string labels;
  for (const auto& [section, words] : after.labels)
    if (auto old = before.labels.find(section); old == before.labels.end() || old->second != words)
      labels += " ~" + section;
  for (const auto& [section, words] : before.labels)
    if (!after.labels.contains(section))
      labels += " ~" + section;
  add("labels", labels);
  auto settings = [](const access_options& all) {
    return std::tie(all.token_file, all.token_ttl, all.token_ttl_max, all.session_idle, all.session_max,
                    all.session_bound);
  };
  if (settings(before) != settings(after))
    add("[access]", " ~");
  return out;
}

const std::vector<role_options>& built_in_roles() {
  static const auto roles = [] {
    constexpr auto sees = bit(right::status) | bit(right::events) | bit(right::metrics);
    constexpr auto acts = bit(right::start) | bit(right::stop) | bit(right::restart) | bit(right::signal) |
                          bit(right::tail) | bit(right::clear);
    std::vector<role_options> made(3);
    const std::array<std::pair<const char*, right_bits>, 3> all = {
      {{"viewer", sees}, {"operator", sees | acts}, {"admin", bit(right::admin)}}};
    for (std::size_t i = 0; i < made.size(); ++i) {
      made[i].name = all[i].first;
      made[i].rights = all[i].second;
      made[i].programs = {"*"};
    }
    return made;
  }();
  return roles;
}

} // namespace troupe::config
