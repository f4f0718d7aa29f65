// See command_words.hpp.
#include "config/command_words.hpp"

#include <utility>

namespace troupe::config {

command_words split_command(std::string_view command) {
  auto fault = [](const char* what, std::size_t at) { return command_words{{}, what, at}; };
  command_words result;
  std::string word;
  bool in_word = false;
  for (std::size_t i = 0; i < command.size(); ++i) {
    char c = command[i];
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
      if (in_word)
        result.argv.push_back(std::move(word));
      word.clear();
      in_word = false;
      continue;
    }
    in_word = true;
    if (c == '\\') {
      if (++i == command.size())
        return fault("No escaped character", i - 1);
      word += command[i];
    } else if (c == '\'') {
      auto end = command.find('\'', i + 1);
      if (end == command.npos)
        return fault("No closing quotation", i);
      word.append(command, i + 1, end - i - 1);
      i = end;
    } else if (c == '"') {
      auto opened = i;
      for (++i; i < command.size() && command[i] != '"'; ++i) {
        if (command[i] == '\\' && i + 1 < command.size() && (command[i + 1] == '"' || command[i + 1] == '\\'))
          ++i;
        else if (command[i] == '\\' && i + 1 == command.size())
          return fault("No escaped character", i);
        word += command[i];
      }
      if (i == command.size())
        return fault("No closing quotation", opened);
    } else {
      word += c;
    }
  }
  if (in_word)
    result.argv.push_back(std::move(word));
  return result;
}

} // namespace troupe::config
