// Any bytes as an env file: nothing crashes, a key is one, no value has a zero in it, an error names a line there is,
// and what was read can be written between quotes and read again. Must not hold expectations of single cases.
#include "config/env_file.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

using namespace troupe::config;

const std::vector<std::string> fragments = {
  "A=",  "B_2=1", "export ", "export",       "=",      "#",         " # note",
  "'",   "\"",    "\\\"",    "\\n",          "\\",     "\n",        "\r",
  "\t ", "$HOME", "9A",      "\xef\xbb\xbf", "\n\n\n", "two words", std::string(1, '\0'),
};

namespace {

/// So that nothing of it means anything.
std::string written(const environment& variables) {
  std::string text;
  for (const auto& [key, value] : variables) {
    text += key + "=\"";
    for (char c : value)
      text += c == '"' || c == '\\' ? std::string{'\\', c} : std::string{c};
    text += "\"\n";
  }
  return text;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  auto variables = variables_in(text);
  if (!variables) {
    auto lines = std::count(text.begin(), text.end(), '\n') + 1;
    require(variables.error().at.line >= 1 && variables.error().at.line <= lines, "an error names a line there is");
    return 0;
  }
  std::set<std::string_view> keys;
  for (const auto& [key, value] : *variables) {
    require(!key.empty() && key.find_first_of(std::string_view("= \t\r\n\0'\"#", 9)) == key.npos, "a key is one");
    require(keys.insert(key).second, "a key is there once");
    require(value.find('\0') == value.npos, "a variable has no zero in it");
    require(value.size() <= size, "a value is a part of the text");
  }
  auto again = variables_in(written(*variables));
  require(again.has_value() && *again == *variables, "what was read can be written and read again");
  return 0;
}
