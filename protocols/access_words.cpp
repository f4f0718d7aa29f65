// See access_words.hpp.
#include "protocols/access_words.hpp"

#include "config/text.hpp"

namespace troupe::protocols {

using config::right;

namespace {

/// As `verbs=` has it.
std::string word_of_signal(int number) {
  auto name = config::signal_name(number);
  return "signal:" + (name.starts_with("SIG") ? name.substr(3) : std::to_string(number));
}

/// Signals that are held without all the others.
bool made_alone(const mask& held) { return held.signals != 0 && !has(held.rights, right::signal); }

} // namespace

std::vector<std::string> words_of(const mask& held) {
  std::vector<std::string> made;
  for (const auto& row : config::right_table) {
    if (row.over != config::right_scope::program)
      continue;
    if (has(held.rights, row.which))
      made.emplace_back(row.word);
    for (int number = 1; row.which == right::signal && made_alone(held) && number < 64; ++number)
      if (decide_signal(held, number) == verdict::allow)
        made.push_back(word_of_signal(number));
  }
  return made;
}

std::vector<held_word> held_words(const access_rules& rules, const standing& who, std::span<const named_subject> all) {
  std::vector<mask> masks;
  masks.reserve(all.size());
  for (const auto& one : all)
    masks.push_back(rules.mask_of(who, one.what));
  auto everywhere = rules.everywhere(who);
  auto daemon = rules.daemon_rights(who);
  std::vector<held_word> made;
  auto add = [&](std::string word, auto is_held) {
    held_word row{std::move(word), is_held(everywhere), {}};
    for (std::size_t i = 0; i < all.size() && !row.all; ++i)
      if (is_held(masks[i]))
        row.names.push_back(all[i].name);
    if (row.all || !row.names.empty())
      made.push_back(std::move(row));
  };
  for (const auto& row : config::right_table) {
    if (row.over != config::right_scope::program) {
      if (has(daemon, row.which))
        made.push_back({std::string(row.word), true, {}});
      continue;
    }
    add(std::string(row.word), [&](const mask& m) { return has(m.rights, row.which); });
    if (row.which != right::signal)
      continue;
    for (int number = 1; number < 64; ++number) // those that are held alone
      add(word_of_signal(number),
          [&](const mask& m) { return !has(m.rights, right::signal) && decide_signal(m, number) == verdict::allow; });
  }
  return made;
}

} // namespace troupe::protocols
