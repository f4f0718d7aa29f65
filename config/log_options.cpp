// See log_options.hpp.
#include "config/log_options.hpp"

#include "config/text.hpp"

#include <algorithm>

namespace troupe::config {

namespace {

/// The conversions of strftime(3) that stand for a time, and %f.
constexpr std::string_view conversions = "%aAbBcCdDeFfgGhHIjklmMpPrRsSTuUVwWxXyYzZ";
constexpr std::size_t longest_format = 256;

error refused(std::string_view key, std::string_view text, const std::string& allowed) {
  return fault("Invalid " + std::string(key) + " value " + quoted(text) + ": " + allowed);
}

std::string lower(std::string_view text) {
  auto word = strip(text);
  std::transform(word.begin(), word.end(), word.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  return word;
}

/// True for `yes`, false for `no` and for nothing.
result<bool> one_of(std::string_view key, std::string_view text, std::string_view yes, std::string_view no) {
  auto word = lower(text);
  if (word == yes)
    return true;
  if (word == no || word.empty())
    return false;
  return refused(key, text, "allowed are " + std::string(yes) + " and " + std::string(no));
}

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; });
}

/// What is wrong with a format, or nothing.
std::string fault_of_format(std::string_view format) {
  if (format.size() > longest_format)
    return "a format has at most " + std::to_string(longest_format) + " bytes";
  if (has_control_character(format))
    return "a format must not hold control characters";
  if (format.find('%') == format.npos)
    return "allowed are rfc3339, none and a format of strftime(3), such as %%Y-%%m-%%d %%H:%%M:%%S.%%f";
  for (auto at = format.find('%'); at != format.npos; at = format.find('%', at + 2))
    if (at + 1 == format.size())
      return "its last % stands alone";
    else if (conversions.find(format[at + 1]) == conversions.npos)
      return "%" + std::string(format.substr(at + 1, 1)) + " is no conversion of a time";
  return {};
}

/// Its stdout speaks the event protocol, which no log should dress up as lines.
conflict conflict_of_listener(const process_options& process) {
  const auto& lines = process.out.lines();
  const char* key = !lines.timestamp.empty() ? "stdout_timestamp"
                    : !lines.prefix.empty()  ? "stdout_prefix"
                    : lines.json             ? "stdout_logformat"
                                             : nullptr;
  if (!key)
    return {};
  return {key, std::string(key) + " is not allowed in [" + process.section +
                 "]: stdout of an event listener carries the eventlistener protocol"};
}

} // namespace

result<bool> compression(std::string_view key, std::string_view text) { return one_of(key, text, "gzip", "none"); }

result<bool> json_format(std::string_view key, std::string_view text) { return one_of(key, text, "json", "text"); }

result<int> file_mode(std::string_view key, std::string_view text) {
  auto mode = octal(text);
  if (mode && *mode >= 0 && *mode <= 0777)
    return *mode;
  return refused(key, text, "allowed is an octal number from 0 to 0777");
}

result<ownership> file_owner(std::string_view key, std::string_view text, const host& on) {
  if (auto owner = user_and_group(text, on))
    return *owner;
  return refused(key, text, "allowed is an existing user, or user:group");
}

result<std::string> timestamp_format(std::string_view key, std::string_view text) {
  auto word = lower(text);
  if (word.empty() || word == "none")
    return std::string{};
  if (word == "rfc3339")
    return word;
  if (auto fault = fault_of_format(text); !fault.empty())
    return refused(key, text, fault);
  return std::string(text);
}

result<std::string> line_prefix(std::string_view key, std::string_view text) {
  if (has_control_character(text))
    return refused(key, text, "a prefix must not hold control characters");
  return std::string(text);
}

conflict conflict_of(const process_options& process) {
  if (process.listener)
    if (auto found = conflict_of_listener(process); !found.key.empty())
      return found;
  for (auto [lines, channel] : {std::pair{&process.out.lines(), "stdout"}, std::pair{&process.err.lines(), "stderr"}})
    if (lines->json && !lines->prefix.empty())
      return {std::string(channel) + "_prefix", std::string(channel) + "_prefix does not go with " + channel +
                                                  "_logformat=json: an object names its process itself"};
  return {};
}

} // namespace troupe::config
