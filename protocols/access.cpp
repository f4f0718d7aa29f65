// See access.hpp.
#include "protocols/access.hpp"

#include <algorithm>

namespace troupe::protocols {

using config::bit;
using config::right;

namespace {

constexpr std::uint64_t every_signal = ~std::uint64_t{};

/// With what some rights bring along.
mask closed(mask m) {
  if (has(m.rights, right::admin))
    m.rights = config::every_right;
  if (has(m.rights, right::update))
    m.rights |= bit(right::start) | bit(right::stop);
  if (has(m.rights, right::start) && has(m.rights, right::stop))
    m.rights |= bit(right::restart);
  if (has(m.rights, right::signal))
    m.signals = every_signal;
  if ((m.rights & config::program_rights) != 0 || m.signals != 0)
    m.rights |= bit(right::status);
  return m;
}

} // namespace

verdict decide(const mask& held, right wanted) {
  if (has(held.rights, wanted))
    return verdict::allow;
  return held.rights != 0 ? verdict::deny : verdict::hide;
}

verdict decide_signal(const mask& held, int number) {
  if (number > 0 && number < 64 && (held.signals >> number & 1) != 0)
    return verdict::allow;
  return decide(held, right::signal);
}

// -- roles ---------------------------------------------------------------------------------------

bool access_rules::role::holds(const subject& what, std::span<const std::string> labels) const {
  auto fits = [&](const access_pattern& p) { return p.fits(what, labels); };
  return std::any_of(lets_in.begin(), lets_in.end(), fits) && std::none_of(takes_out.begin(), takes_out.end(), fits);
}

bool access_rules::role::holds_everything() const {
  auto is_everything = [](const access_pattern& p) { return p.is_everything(); };
  return takes_out.empty() && std::any_of(lets_in.begin(), lets_in.end(), is_everything);
}

bool access_rules::role::counts_from(const config::origin& from) const {
  auto holds = [&](const config::network& n) { return n.holds(from); };
  return networks.empty() || std::any_of(networks.begin(), networks.end(), holds);
}

bool access_rules::role::may_call(std::string_view method) const {
  if (has(rights, right::admin) && holds_everything())
    return true;
  return std::any_of(methods.begin(), methods.end(), [&](std::string_view m) {
    return m == method || (m.ends_with(".*") && method.starts_with(m.substr(0, m.size() - 1)));
  });
}

access_rules::access_rules(const config::access_options& options) {
  for (const auto& built_in : config::built_in_roles())
    add(built_in);
  for (const auto& written : options.roles)
    add(written);
  auto asks_for_labels = [](const role& r) {
    auto is_label = [](const access_pattern& p) { return p.is_label(); };
    return std::any_of(r.lets_in.begin(), r.lets_in.end(), is_label) ||
           std::any_of(r.takes_out.begin(), r.takes_out.end(), is_label);
  };
  if (std::any_of(roles_.begin(), roles_.end(), asks_for_labels))
    labels_.insert(options.labels.begin(), options.labels.end());
}

void access_rules::add(const config::role_options& options) {
  role made{options.name, options.rights, options.signals, {}, {}, options.methods, options.networks};
  for (const auto& text : options.programs) {
    access_pattern pattern(text);
    (pattern.takes_out() ? made.takes_out : made.lets_in).push_back(std::move(pattern));
  }
  numbers_.emplace(made.name, static_cast<role_number>(roles_.size()));
  roles_.push_back(std::move(made));
}

std::span<const std::string> access_rules::labels_of(std::string_view section) const {
  auto found = labels_.find(section);
  return found == labels_.end() ? std::span<const std::string>() : found->second;
}

// -- layers --------------------------------------------------------------------------------------

std::optional<role_number> access_rules::role_named(std::string_view name) const {
  auto found = numbers_.find(name);
  return found == numbers_.end() ? std::nullopt : std::optional(found->second);
}

layer access_rules::known_layer_of(std::span<const std::string> roles) const {
  layer made;
  for (const auto& name : roles)
    if (auto number = role_named(name))
      made.push_back(*number);
  std::sort(made.begin(), made.end());
  made.erase(std::unique(made.begin(), made.end()), made.end());
  return made;
}

std::optional<layer> access_rules::layer_of(std::span<const std::string> roles) const {
  if (!std::all_of(roles.begin(), roles.end(), [&](const auto& name) { return role_named(name).has_value(); }))
    return {};
  return known_layer_of(roles);
}

standing access_rules::standing_of(std::span<const layer> layers, const config::origin& from) const {
  standing made;
  for (const auto& given : layers) {
    auto& counts = made.layers.emplace_back();
    std::copy_if(given.begin(), given.end(), std::back_inserter(counts),
                 [&](role_number number) { return roles_[number].counts_from(from); });
  }
  std::sort(made.layers.begin(), made.layers.end());
  made.layers.erase(std::unique(made.layers.begin(), made.layers.end()), made.layers.end());
  return made;
}

// -- rights --------------------------------------------------------------------------------------

/// `gives`: what one role is to be counted for.
template <class Gives>
mask access_rules::by_every_layer(const standing& who, Gives gives) const {
  if (who.layers.empty())
    return {};
  mask all{config::every_right, every_signal};
  for (const auto& roles : who.layers) {
    mask given;
    for (auto number : roles) {
      mask more = gives(roles_[number]);
      given.rights |= more.rights;
      given.signals |= more.signals;
    }
    given = closed(given);
    all.rights &= given.rights;
    all.signals &= given.signals;
  }
  return all;
}

mask access_rules::mask_of(const standing& who, const subject& what) const {
  auto labels = labels_of(what.section);
  auto held = by_every_layer(who, [&](const role& r) {
    return r.holds(what, labels) ? mask{r.rights, r.signals} : mask{};
  });
  held.rights &= config::program_rights;
  return held;
}

config::right_bits access_rules::daemon_rights(const standing& who) const {
  auto held = by_every_layer(who, [](const role& r) {
    return mask{r.holds_everything() ? r.rights : r.rights & config::rights_over(config::right_scope::self), 0};
  });
  return held.rights & ~config::program_rights;
}

bool access_rules::may_call(const standing& who, std::string_view method) const {
  auto one_may = [&](const layer& roles) {
    return std::any_of(roles.begin(), roles.end(), [&](role_number n) { return roles_[n].may_call(method); });
  };
  return !who.layers.empty() && std::all_of(who.layers.begin(), who.layers.end(), one_may);
}

mask access_rules::everywhere(const standing& who) const {
  auto held = by_every_layer(who, [](const role& r) {
    return r.holds_everything() ? mask{r.rights, r.signals} : mask{};
  });
  held.rights &= config::program_rights;
  return held;
}

mask access_rules::anywhere(const standing& who) const {
  auto held = by_every_layer(who, [](const role& r) { return r.lets_in.empty() ? mask{} : mask{r.rights, r.signals}; });
  held.rights &= config::program_rights;
  return held;
}

} // namespace troupe::protocols
