// See section_reader.hpp.
#include "config/section_reader.hpp"

#include "config/text.hpp"

#include <algorithm>

namespace troupe::config {

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

section_reader::section_reader(loading& from, std::string name, const ini_tree& tree)
    : from_(from), name_(std::move(name)), tree_(tree) {}

place section_reader::where(const std::string& key) const {
  const auto* option = raw(key);
  return option ? from_.document.where(*option) : header();
}

result<std::optional<std::string>> section_reader::text(const std::string& key, expansion_scope scope,
                                                        std::string_view what) const {
  const auto* option = raw(key);
  if (!option)
    return std::optional<std::string>{};
  if (option->text.find('%') == std::string::npos)
    return std::optional(option->text);
  scope.here = &from_.directories[static_cast<std::size_t>(option->file)];
  auto expanded = expand(option->text, scope, what.empty() ? name_ + '.' + key : what);
  if (!expanded)
    return at(key, expanded.error().what);
  return std::optional(*std::move(expanded));
}

expansion_scope section_reader::narrow() const {
  expansion_scope scope;
  scope.env = &from_.env;
  return scope;
}

error section_reader::placed(error e, const std::string& key) const {
  if (e.at.line != 0)
    return e;
  e.at = where(key);
  if (const auto* option = raw(key); option && option->text.find("%(ENV_") != std::string::npos)
    e.what = "The value of " + quoted(name_ + '.' + key) +
             " is not valid once it is expanded (not shown: it comes from the environment)";
  return e;
}

error section_reader::wrapped(error e, const std::string& key) const {
  e = placed(std::move(e), key);
  e.what += " in section " + quoted(name_) + " (file: " + quoted(file()) + ")";
  return e;
}

} // namespace troupe::config
