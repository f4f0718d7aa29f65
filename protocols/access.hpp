// Who may do what over which program: the decision, a pure function of the rules, of the roles that somebody has and of
// the program. Must not know who asks or how he proved it, nor read a clock; addresses are numbers here.
// Source: docs/contract/access.md, 1.4, 1.5, 2.1 and 2.2. Cases: tests/protocols/access_rules_test.cpp,
// access_properties_test.cpp.
#pragma once

#include "config/access_options.hpp"
#include "protocols/access_pattern.hpp"

#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace troupe::protocols {

/// A role within one access_rules: other rules, other numbers.
using role_number = std::uint32_t;

/// Roles that somebody has for one reason: as a user, by a token, by the server's `max_roles`. Sorted, each once. A
/// layer without roles gives nothing.
using layer = std::vector<role_number>;

/// All that decides for one caller: his layers, less the roles that do not count from where he is. Callers of equal
/// standing see and may do the same, so a view can be kept by it, as long as the rules last.
struct standing {
  std::vector<layer> layers; ///< sorted, each once; a right must be given by every one. None: nothing is allowed
  auto operator<=>(const standing&) const = default;
};

/// The rights held over one program.
struct mask {
  config::right_bits rights = 0; ///< never without `status`, unless empty
  std::uint64_t signals = 0;     ///< bit N: signal number N may be sent
  bool operator==(const mask&) const = default;
};

enum class verdict : std::uint8_t { allow, deny, hide };

/// Over a program.
verdict decide(const mask& held, config::right wanted);
/// `number`: 0 for a word that is no signal, which who may send all of them is told, and nobody else.
verdict decide_signal(const mask& held, int number);
constexpr bool has(config::right_bits held, config::right wanted) { return (held & config::bit(wanted)) != 0; }

/// The roles and labels of one configuration. Never changes, so any thread may ask.
class access_rules {
public:
  explicit access_rules(const config::access_options& options);

  std::optional<role_number> role_named(std::string_view name) const; ///< viewer, operator and admin included
  /// nullopt: one of them does not exist.
  std::optional<layer> layer_of(std::span<const std::string> roles) const;
  /// Without those that do not exist (any more): what a token that names them still gives.
  layer known_layer_of(std::span<const std::string> roles) const;
  const std::string& name_of(role_number number) const { return roles_[number].name; }

  /// Networks are looked at here, and nowhere else.
  standing standing_of(std::span<const layer> layers, const config::origin& from) const;

  mask mask_of(const standing& who, const subject& what) const;
  /// Rights over the daemon, and `token`.
  config::right_bits daemon_rights(const standing& who) const;
  /// `method`: of an extension, `NS.METHOD`.
  bool may_call(const standing& who, std::string_view method) const;

  /// What is held over every program there is or will be: by `programs=*` without any `!`.
  mask everywhere(const standing& who) const;
  /// What may be held over some program, whether there is one or not: without it, `all` is refused. It may name more
  /// than any program gives (`start` over one and `stop` over another look like `restart`), never less.
  mask anywhere(const standing& who) const;

private:
  struct role {
    std::string name;
    config::right_bits rights = 0;
    std::uint64_t signals = 0;
    std::vector<access_pattern> lets_in;
    std::vector<access_pattern> takes_out;
    std::vector<std::string> methods;
    std::vector<config::network> networks;
    bool holds(const subject& what, std::span<const std::string> labels) const;
    bool holds_everything() const;
    bool counts_from(const config::origin& from) const;
    bool may_call(std::string_view method) const;
  };
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  template <class T>
  using by_text = std::unordered_map<std::string, T, text_hash, std::equal_to<>>;

  void add(const config::role_options& options);
  std::span<const std::string> labels_of(std::string_view section) const;
  template <class Gives>
  mask by_every_layer(const standing& who, Gives gives) const;

  std::vector<role> roles_;
  by_text<role_number> numbers_;
  by_text<std::vector<std::string>> labels_; ///< of sections; empty if no role asks for labels
};

using access_rules_ptr = std::shared_ptr<const access_rules>;

} // namespace troupe::protocols
