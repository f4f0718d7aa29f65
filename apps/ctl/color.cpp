// See color.hpp.
#include "apps/ctl/color.hpp"

#include <array>
#include <cstdint>
#include <iterator>

namespace troupe::ctl {

std::optional<color_choice> to_color_choice(std::string_view word) {
  using enum color_choice;
  return word == "auto"     ? std::optional(automatic)
         : word == "always" ? std::optional(always)
         : word == "never"  ? std::optional(never)
                            : std::nullopt;
}

bool has_color(color_choice choice, const terminal_facts& of) {
  if (choice != color_choice::automatic)
    return choice == color_choice::always;
  if (of.no_color)
    return false;
  return of.force_color || (of.out && of.term != "dumb");
}

namespace {

struct state_color {
  std::string_view state;
  std::string_view number;
};
constexpr state_color of_states[] = {
  {"RUNNING", "32"}, {"STARTING", "33"}, {"STOPPING", "33"}, {"BACKOFF", "33"},
  {"FATAL", "31"},   {"UNKNOWN", "31"},  {"STOPPED", "90"},  {"EXITED", "90"},
};

/// No red, which is for what went wrong, and nothing that is hard to see on white or on black.
constexpr std::string_view of_names[] = {"36", "33", "32", "35", "34", "96", "93", "92", "95", "94"};

} // namespace

std::string_view color_of_state(std::string_view statename) {
  for (const auto& row : of_states)
    if (row.state == statename)
      return row.number;
  return {};
}

std::string_view color_of_name(std::string_view name) {
  std::uint32_t sum = 2166136261U; // FNV-1a
  for (char c : name)
    sum = (sum ^ static_cast<unsigned char>(c)) * 16777619U;
  return of_names[sum % std::size(of_names)];
}

std::string in_color(std::string_view number, std::string_view text) {
  if (number.empty())
    return std::string(text);
  return "\x1b[" + std::string(number) + "m" + std::string(text) + "\x1b[0m";
}

} // namespace troupe::ctl
