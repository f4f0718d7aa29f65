// See dependency_setters.hpp.
#include "config/dependency_setters.hpp"

#include "config/choices.hpp"

namespace troupe::config::setters {

result<bool> soft_of(std::string_view key, std::string_view text) {
  constexpr choice<bool> words[] = {{"hard", false}, {"soft", true}};
  return one_of(words, key, text);
}

result<dependency_options::on_failure> failure_of(std::string_view key, std::string_view text) {
  using enum dependency_options::on_failure;
  constexpr choice<dependency_options::on_failure> words[] = {{"wait", wait}, {"fail", fail}, {"ignore", ignore}};
  return one_of(words, key, text);
}

result<dependency_options::on_loss> loss_of(std::string_view key, std::string_view text) {
  using enum dependency_options::on_loss;
  constexpr choice<dependency_options::on_loss> words[] = {{"keep", keep}, {"stop", stop}, {"restart", restart}};
  return one_of(words, key, text);
}

result<bool> ordered_of(std::string_view key, std::string_view text) {
  constexpr choice<bool> words[] = {{"parallel", false}, {"ordered", true}};
  return one_of(words, key, text);
}

result<bool> update_mode_of(std::string_view key, std::string_view text) {
  constexpr choice<bool> words[] = {{"group", false}, {"process", true}};
  return one_of(words, key, text);
}

result<void> add_items(const option_target& target, std::string_view text, const host&) {
  auto own = depends_items_of(target.key, text);
  if (!own)
    return own.error();
  if (own->empty()) // nothing is held for who asks for nothing
    return {};
  auto& items = target.process->ask().dependencies.items;
  items.insert(items.end(), own->begin(), own->end());
  return {};
}

} // namespace troupe::config::setters
