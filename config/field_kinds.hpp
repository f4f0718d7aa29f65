// How a member of an options struct is listed: what every list of members in option_fields.hpp and policy_fields.hpp is
// written with. Must not know any options struct. Source: docs/contract/survival.md, 6.3.
#pragma once

#include "config/options.hpp"

#include <boost/pfr/tuple_size.hpp>

#include <cmath>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace troupe::config {

/// So that one function describes a record to a writer, for which it is const, and to a reader.
template <class T, class Record>
concept is = std::same_as<std::remove_const_t<T>, Record>;

/// All members are listed.
template <class Record, std::size_t Count>
concept has_members = boost::pfr::tuple_size_v<Record>
== Count;

/// Until the end of option_fields.hpp.
#define TROUPE_MEMBERS(record, count)                                                                                  \
  static_assert(has_members<record, count>, #record " has other members than listed")

/// Of what is held in a form of its own: through a plain one.
template <class Plain>
void through(auto& a, std::uint16_t tag, auto& held, const auto& taken_apart) {
  Plain plain = taken_apart();
  a(tag, plain);
  if constexpr (!std::is_const_v<std::remove_reference_t<decltype(held)>>)
    held = std::remove_reference_t<decltype(held)>(plain);
}

void exit_codes_field(auto& a, std::uint16_t tag, auto& codes) {
  through<std::vector<int>>(a, tag, codes, [&] { return std::vector<int>(codes.begin(), codes.end()); });
}

void environment_field(auto& a, std::uint16_t tag, auto& env) {
  through<environment>(a, tag, env, [&] {
    environment variables;
    for (auto [key, value] : env)
      variables.emplace_back(key, value);
    return variables;
  });
}

/// Most records have it as it is from the beginning: then it takes no room.
template <class Value>
void rare_field(auto& a, std::uint16_t tag, Value& value) {
  if constexpr (std::is_const_v<Value>)
    if (value == std::remove_const_t<Value>{})
      return;
  a(tag, value);
}

void milliseconds_field(auto& a, std::uint16_t tag, auto& time) {
  through<std::int64_t>(a, tag, time, [&] { return std::int64_t{time.count()}; });
}

void optional_milliseconds_field(auto& a, std::uint16_t tag, auto& time) {
  through<std::optional<std::int64_t>>(
    a, tag, time, [&] { return time ? std::optional<std::int64_t>(time->count()) : std::nullopt; });
}

/// A number with decimals, as millionths.
void millionths_field(auto& a, std::uint16_t tag, auto& number) {
  std::int64_t plain = std::llround(number * 1'000'000);
  a(tag, plain);
  if constexpr (!std::is_const_v<std::remove_reference_t<decltype(number)>>)
    number = static_cast<double>(plain) / 1'000'000;
}

} // namespace troupe::config
