// See section_reader.hpp.
#include "config/section_reader.hpp"

#include "config/text.hpp"

#include <algorithm>

namespace troupe::config {

namespace {

constexpr std::string_view mark = "%(ENV_";

bool holds_variables(std::string_view text) { return text.find(mark) != text.npos; }

/// At its end: what expands takes one for the beginning of a name.
std::string with_percent_written_twice(std::string_view text) {
  auto twice = std::string(text);
  if (text.ends_with('%') && !text.ends_with("%%"))
    twice += '%';
  return twice;
}

} // namespace

result<void> loading::noted(result<void> done) {
  if (done || !faults)
    return done;
  // A program of two groups is read twice, and some options are read for the group and for the process.
  const auto& fault = done.error();
  auto same = [&](const error& other) {
    return other.at.line == fault.at.line && other.at.file == fault.at.file &&
           (other.what.starts_with(fault.what) || fault.what.starts_with(other.what));
  };
  if (std::find_if(faults->begin(), faults->end(), same) == faults->end())
    faults->push_back(fault);
  return {};
}

void loading::check_folder(const std::string& path, const std::function<error(std::string)>& e) {
  if (!faults)
    return;
  auto folder = path.substr(0, std::max<std::size_t>(path.rfind('/'), 1));
  if (!on.is_directory(folder))
    (void)noted(e("there is no directory for the socket " + path));
}

section_reader::section_reader(loading& from, std::string name, const ini_section& section, defaults reach)
    : from_(from), name_(std::move(name)), section_(section), reach_(reach) {}

std::string section_reader::full_name(const ini_option& option) const { return name_ + '.' + std::string(option.key); }

place section_reader::where(std::string_view key) const {
  const auto* option = raw(key);
  return option ? from_.document.where(option->at) : header();
}

result<std::optional<std::string>> section_reader::text(std::string_view key, expansion_scope scope,
                                                        std::string_view what) const {
  const auto* option = raw(key);
  if (!option)
    return std::optional<std::string>{};
  if (option->text.find('%') == option->text.npos)
    return std::optional(std::string(option->text));
  scope.here = &from_.directories[static_cast<std::size_t>(option->at.file)];
  auto text = scope.is_share ? with_percent_written_twice(option->text) : std::string(option->text);
  auto expanded = expand(text, scope, what.empty() ? full_name(*option) : what);
  if (!expanded)
    return at(key, expanded.error().what);
  if (holds_variables(option->text))
    expanded_[option->key] = *expanded;
  return std::optional(*std::move(expanded));
}

expansion_scope section_reader::narrow() const {
  expansion_scope scope;
  scope.env = &from_.env;
  return scope;
}

result<void> section_reader::take(std::string_view kind, std::string_view key, option_target target,
                                  const expansion_scope& scope) const {
  const auto& row = row_of(kind, key);
  const auto* written = row.scope == scope_kind::nothing ? raw(key) : nullptr;
  auto value = written ? result<std::optional<std::string>>(std::string(written->text)) : text(key, scope);
  if (!value)
    return value.error();
  if (!*value)
    return {};
  target.key = key;
  target.section = name_;
  auto set = row.assign(target, **value, from_.on);
  if (key == "password")
    forget(**value);
  return set ? result<void>{} : placed(set.error(), key);
}

/// What an error says of a value, with the value as the file has it; the file's reader may not be the environment's.
std::string section_reader::without_variables(std::string what, const ini_option& option) const {
  auto raw = option.text;
  auto hidden = "The value of " + quoted(full_name(option)) +
                " is not valid once it is expanded (not shown: it comes from the environment)";
  auto expanded = expanded_.find(option.key);
  if (expanded == expanded_.end() || expanded->second.empty() || what.find(expanded->second) == what.npos)
    return hidden;
  for (auto at = what.find(expanded->second); at != what.npos; at = what.find(expanded->second, at + raw.size()))
    what.replace(at, expanded->second.size(), raw);
  for (auto at = raw.find(mark); at != raw.npos; at = raw.find(mark, at + 1)) { // there may be another piece of it
    auto begin = at + mark.size();
    auto variable = from_.env.find(std::string(raw.substr(begin, raw.find(')', begin) - begin)));
    if (variable == from_.env.end() || (!variable->second.empty() && what.find(variable->second) != what.npos))
      return hidden;
  }
  return what;
}

error section_reader::placed(error e, std::string_view key) const {
  if (e.at.line != 0)
    return e;
  e.at = where(key);
  if (const auto* option = raw(key); option && holds_variables(option->text))
    e.what = without_variables(e.what, *option);
  return e;
}

error section_reader::wrapped(error e, std::string_view key) const {
  e = placed(std::move(e), key);
  e.what += " in section " + quoted(name_) + " (file: " + quoted(file()) + ")";
  return e;
}

} // namespace troupe::config
