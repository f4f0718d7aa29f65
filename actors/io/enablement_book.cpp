// See enablement_book.hpp.
#include "actors/io/enablement_book.hpp"

#include "actors/core/update_steps.hpp"

#include <utility>

namespace troupe::actors {

void enablement_book::recall(std::string_view name, const config::process_options& options,
                             process_record& into) const {
  std::lock_guard lock{mutex_};
  if (auto found = known_.disabled.find(name); found != known_.disabled.end()) {
    into.disabled = true;
    into.disabled_until = found->second;
  }
  if (!options.starts_as_last())
    return;
  if (auto found = known_.wanted.find(name); found != known_.wanted.end())
    into.wished = found->second ? intent::wanted : intent::unwanted;
}

void enablement_book::learn(const std::string& name, const process_record& from) {
  std::unique_lock lock{mutex_};
  if (from.disabled)
    known_.disabled[name] = from.disabled_until;
  else
    known_.disabled.erase(name);
  if (from.wished != intent::none && is_kept_)
    known_.wanted[name] = from.wished == intent::wanted;
  changed(lock);
}

void enablement_book::disable(const std::string& name, std::int64_t until) {
  std::unique_lock lock{mutex_};
  auto [found, is_new] = known_.disabled.try_emplace(name, until);
  if (is_new || std::exchange(found->second, until) != until)
    changed(lock);
}

void enablement_book::enable(std::string_view name) {
  std::unique_lock lock{mutex_};
  auto found = known_.disabled.find(name);
  if (found == known_.disabled.end())
    return;
  known_.disabled.erase(found);
  changed(lock);
}

void enablement_book::note_wish(const std::string& name, intent wished) {
  if (wished == intent::none || !is_kept_)
    return;
  std::unique_lock lock{mutex_};
  bool wanted = wished == intent::wanted;
  auto [found, is_new] = known_.wanted.try_emplace(name, wanted);
  if (is_new || std::exchange(found->second, wanted) != wanted)
    changed(lock);
}

config::scale_book enablement_book::scales() const {
  std::unique_lock lock{mutex_};
  config::scale_book book;
  for (const auto& [program, wanted] : known_.scales)
    if (auto configured = known_.numprocs.find(program); configured != known_.numprocs.end() && wanted <= most_scaled)
      book[program] = {wanted, configured->second};
  return book;
}

void enablement_book::set_scales(const config::scale_book& now) {
  std::unique_lock lock{mutex_};
  enablement::by_name<std::int64_t> scales, numprocs;
  for (const auto& [program, scale] : now) {
    scales[program] = scale.wanted;
    numprocs[program] = scale.configured.value_or(0);
  }
  if (scales == known_.scales && numprocs == known_.numprocs)
    return;
  known_.scales = std::move(scales);
  known_.numprocs = std::move(numprocs);
  changed(lock);
}

std::vector<std::string> enablement_book::take_over_by(std::int64_t now) {
  std::unique_lock lock{mutex_};
  auto over = actors::take_over_by(known_, now);
  if (!over.empty())
    changed(lock);
  return over;
}

std::optional<std::int64_t> enablement_book::next_end() const {
  std::lock_guard lock{mutex_};
  return actors::next_end(known_);
}

enablement enablement_book::all() const {
  std::lock_guard lock{mutex_};
  return known_;
}

void enablement_book::add(enablement more, const std::function<bool(std::string_view)>& is_known) {
  std::lock_guard lock{mutex_};
  add_unknown(known_, std::move(more));
  forget_unknown(known_, is_known);
  disabled_ = known_.disabled.size();
}

void enablement_book::keep_in(std::string path) {
  std::lock_guard lock{mutex_};
  path_ = std::move(path);
  is_kept_ = !path_.empty();
}

std::string enablement_book::kept_in() const {
  std::lock_guard lock{mutex_};
  return path_;
}

void enablement_book::on_change(std::function<void()> tell) {
  std::lock_guard lock{mutex_};
  tell_ = std::move(tell);
}

/// With the lock held: whoever is told must not come back for it.
void enablement_book::changed(const std::unique_lock<std::mutex>&) {
  disabled_ = known_.disabled.size();
  if (tell_)
    tell_();
}

} // namespace troupe::actors
