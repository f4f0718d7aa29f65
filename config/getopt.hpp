// Arguments split in the getopt style, for daemon and client: short options in bunches, long ones by a unique prefix.
// A row of a program's table has at least `brief` (0: none), `name` (empty: none) and `argument` (empty: a flag); where
// it has `whole`, and that is set, no prefix stands for its name. Must not know what an option does. Source:
// docs/contract/configuration.md, 6.
#pragma once

#include "config/result.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::config {

/// Where the argument of an option stands.
struct argument_place {
  std::size_t word = 0; ///< of the command line, without argv[0]
  std::size_t from = 0; ///< where in it
};

template <class Row>
class option_splitter {
public:
  /// One option as it stood on the line.
  struct given {
    const Row* option;
    std::string shown; ///< as in messages: -e, --loglevel
    std::string argument;
    argument_place at = {};
  };

  /// `same`: whether two rows are two names of one option.
  option_splitter(std::span<const Row> rows, const std::vector<std::string>& arguments,
                  bool (*same)(const Row&, const Row&))
      : rows_(rows), arguments_(arguments), same_(same) {}

  std::vector<given> options;
  std::vector<std::string> rest; ///< from the first word that is no option

  result<void> run() {
    for (; at_ < arguments_.size(); ++at_) {
      const auto& word = arguments_[at_];
      if (word == "--") {
        ++at_;
        break;
      }
      if (word.size() < 2 || word[0] != '-')
        break;
      if (auto done = word[1] == '-' ? split_long(word.substr(2)) : split_short(word.substr(1)); !done)
        return done;
    }
    rest.assign(arguments_.begin() + static_cast<std::ptrdiff_t>(at_), arguments_.end());
    return {};
  }

private:
  result<const Row*> find_long(const std::string& name) const {
    const Row* found = nullptr;
    for (const auto& row : rows_) {
      if (row.name.empty() || !row.name.starts_with(name))
        continue;
      if (row.name == name)
        return &row;
      if constexpr (requires { row.whole; })
        if (row.whole)
          continue;
      if (found && !same_(*found, row))
        return fault("option --" + name + " not a unique prefix");
      if (!found)
        found = &row;
    }
    if (!found)
      return fault("option --" + name + " not recognized");
    return found;
  }

  result<void> split_long(const std::string& word) {
    auto equals = word.find('=');
    auto found = find_long(word.substr(0, equals));
    if (!found)
      return found.error();
    auto shown = "--" + std::string((*found)->name);
    bool has_argument = equals != std::string::npos;
    if ((*found)->argument.empty() && has_argument)
      return fault("option " + shown + " must not have an argument");
    if (!(*found)->argument.empty() && !has_argument)
      return take_next_word(*found, shown);
    constexpr std::size_t dashes = 2;
    options.push_back({*found, shown, has_argument ? word.substr(equals + 1) : "", {at_, dashes + equals + 1}});
    return {};
  }

  result<void> split_short(const std::string& word) {
    for (std::size_t i = 0; i < word.size(); ++i) {
      auto found = std::find_if(rows_.begin(), rows_.end(), [&](auto& row) { return row.brief == word[i]; });
      if (found == rows_.end())
        return fault("option -" + first_character(std::string_view(word).substr(i)) + " not recognized");
      auto shown = std::string("-") + word[i];
      if (!found->argument.empty() && i + 1 == word.size())
        return take_next_word(&*found, shown);
      constexpr std::size_t dash = 1;
      options.push_back({&*found, shown, found->argument.empty() ? "" : word.substr(i + 1), {at_, dash + i + 1}});
      if (!found->argument.empty())
        return {};
    }
    return {};
  }

  result<void> take_next_word(const Row* option, const std::string& shown) {
    if (at_ + 1 == arguments_.size())
      return fault("option " + shown + " requires argument");
    ++at_;
    options.push_back({option, shown, arguments_[at_], {at_, 0}});
    return {};
  }

  /// Of a word in UTF-8.
  static std::string first_character(std::string_view word) {
    std::size_t length = 1;
    while (length < word.size() && (static_cast<unsigned char>(word[length]) & 0xc0) == 0x80)
      ++length;
    return std::string(word.substr(0, length));
  }

  std::span<const Row> rows_;
  const std::vector<std::string>& arguments_;
  bool (*same_)(const Row&, const Row&);
  std::size_t at_ = 0;
};

} // namespace troupe::config
