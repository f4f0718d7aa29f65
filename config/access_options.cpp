// See access_options.hpp: the roles that are there without a section.
#include "config/access_options.hpp"

namespace troupe::config {

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
