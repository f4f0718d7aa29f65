// See session.hpp: what is remembered of processes beside their records, over the end of the daemon: read from the
// statefile at a start, and given to whoever writes it. Must not know what it means (actors/core/enablement.hpp does).
// Source: docs/contract/programs.md, 11. Cases: tests/enable_test.py.
#include "actors/core/control.hpp"
#include "actors/io/enablement_book.hpp"
#include "apps/daemon/session.hpp"
#include "platform/state_file.hpp"

#include <set>
#include <string>
#include <utility>

namespace troupe {

using config::log_level;

/// A file that has been read by the start before this one is not read again: what is known is as new.
void session::recall_state() {
  auto& book = *daemon_.remembered;
  const auto& path = cfg_.supervisord.statefile;
  if (path == book.kept_in())
    return;
  book.keep_in(path);
  if (path.empty())
    return;
  state_is_new_ = !daemon_.first_start;
  auto text = platform::read_state_file(path);
  auto found = text && *text ? actors::read_state(**text)
               : text        ? config::result<actors::enablement>(actors::enablement{})
                             : config::result<actors::enablement>(text.error());
  if (!found) {
    auto aside = platform::put_aside(path);
    auto what_then = aside ? "; it is kept as " + path + ".bad"
                     : aside.error().what == found.error().what
                       ? "; nothing is remembered until it is gone"
                       : "; it cannot be kept as " + path + ".bad: " + aside.error().what;
    return log_->write(log_level::warn, "statefile " + path + ": " + found.error().what + what_then);
  }
  std::set<std::string, std::less<>> names;
  for (const auto& group : cfg_.groups)
    for (const auto& process : group->processes)
      names.insert(actors::full_name(group->name, process->name));
  book.add(*std::move(found), [&names](std::string_view name) { return names.contains(name); });
}

/// Programs that were scaled have so many processes from the start, where the file says of them what it said then.
void session::scale_programs() {
  config::load_request request{daemon_.file, daemon_.line.options};
  request.scales = daemon_.remembered->scales();
  if (request.scales.empty() || before_)
    return;
  auto scaled = config::load(daemon_.on, request);
  if (!scaled) // it has changed since a moment ago: what was read stays
    return log_->write(log_level::warn, "programs are not scaled: " + scaled.error().what);
  cfg_.groups = std::move(scaled->groups);
  std::erase_if(request.scales, [&](const auto& scale) {
    auto found = scaled->scaled.find(scale.first);
    return found == scaled->scaled.end() || found->second.configured != scale.second.configured;
  });
  daemon_.remembered->set_scales(request.scales);
}

/// From now on what changes is written.
void session::keep_state() {
  auto& book = *daemon_.remembered;
  book.keep_in(cfg_.supervisord.statefile);
  if (!book.is_kept())
    return;
  auto say = [this](log_level level, const std::string& text) { log_->write(level, text); };
  auto text = [known = daemon_.remembered] { return actors::state_text(known->all()); };
  state_ = std::make_unique<actors::state_writer>(actors::state_writer::settings{book.kept_in(), text, say});
  if (state_is_new_ || before_) // whoever was before may not have come to write it
    state_->want();
  book.on_change([to = state_.get()] { to->want(); });
}

/// All that is known by now, unless the disk makes us wait for it.
void session::write_state(std::chrono::milliseconds patience) {
  if (state_)
    state_->settle(patience);
}

void session::end_state() {
  constexpr std::chrono::seconds patience{2};
  write_state(patience);
  daemon_.remembered->on_change(nullptr);
  state_ = nullptr;
}

} // namespace troupe
