// See keeper_desk.hpp: what keeper and worker tell each other, but for descriptors and slots.
#include "actors/io/keeper_desk.hpp"

#include "platform/fault_point.hpp"
#include "platform/sealed_file.hpp"

#include <csignal>
#include <utility>

#include <unistd.h>

namespace troupe::actors {

using platform::keeper_word;

void keeper_desk::hear(const heard& to) {
  std::vector<platform::keeper_message> words;
  bool gone = false;
  {
    std::lock_guard lock{mutex_};
    words.swap(early_);
    platform::keeper_message one;
    for (auto came = link_.hear(one); came != platform::received::nothing; came = link_.hear(one)) {
      if (came == platform::received::end) {
        gone = true;
        break;
      }
      words.push_back(one);
    }
    for (const auto& word : words)
      if (word.kind == static_cast<std::uint16_t>(keeper_word::unheld))
        link_.note_unheld(word.slot, word.life);
    link_.flush();
  }
  for (const auto& word : words) {
    if (word.kind == static_cast<std::uint16_t>(keeper_word::signalled)) {
      platform::fault_point("signal.heard");
      auto signo = static_cast<int>(word.a);
      to.signal(signo);
      platform::fault_point("signal.passed");
      heard_signals_ = static_cast<std::uint32_t>(word.b);
      signals_wait_ = signals_wait_ || signo != SIGUSR1;
      if (!signals_wait_)
        count_signals();
    } else if (word.kind == static_cast<std::uint16_t>(keeper_word::orphan)) {
      to.orphan(static_cast<int>(word.slot), static_cast<int>(word.a));
    }
  }
  std::size_t unheld = 0;
  {
    std::lock_guard lock{mutex_};
    unheld = link_.unheld();
  }
  if ((unheld == 0) != (std::exchange(told_unheld_, unheld) == 0))
    to.unheld(unheld);
  if (!gone)
    return;
  for (std::uint32_t slot = 0; slot < used_; ++slot) { // it may have died between the register and the ring
    const auto& s = memory().slots[slot];
    auto noted = book_.load(slot);
    if (platform::state_of(s) == platform::slot_state::ended && !is_helper(slot) &&
        (!noted || noted->handled_life != life_of(slot)))
      memory().ring[memory().header.ring_head++ % platform::most_slots] = slot;
  }
  to.gone();
}

/// Not before: until then what they mean is in a mailbox only.
void keeper_desk::count_signals() {
  signals_wait_ = false;
  if (memory().header.signals_taken == heard_signals_)
    return;
  platform::fault_point("signal.followed");
  memory().header.signals_taken = heard_signals_;
  platform::fault_point("signal.counted");
}

void keeper_desk::ready() {
  std::lock_guard lock{mutex_};
  link_.ready(memory().header.level);
  link_.nudge();
}

void keeper_desk::reexec(int program) {
  std::lock_guard lock{mutex_};
  link_.reexec(program);
  link_.nudge();
}

void keeper_desk::hold_image(std::string_view bytes, std::uint64_t number) {
  if (auto file = platform::sealed_file(bytes)) {
    platform::fault_point("image.made");
    hold(platform::held_key::image, file.get());
    platform::fault_point("image.held");
    image_ = std::move(file);
    image_number_ = number;
    image_size_ = bytes.size();
    changes_.reset();
    std::lock_guard lock{mutex_};
    link_.release(static_cast<std::uint32_t>(platform::held_key::changes)); // until then they are known by their number
    platform::fault_point("image.alone");
  }
}

bool keeper_desk::add_change(std::string_view bytes) {
  constexpr std::size_t most_beside = std::size_t{64} << 10;
  if (!image_ || (changes_ && changes_->size() + bytes.size() > image_size_ + most_beside))
    return false;
  if (!changes_) {
    changes_ = image_changes::make(image_number_);
    if (!changes_)
      return false;
    hold(platform::held_key::changes, changes_->fd());
  }
  return changes_->add(bytes);
}

void keeper_desk::keep_orphans(bool keep) {
  std::lock_guard lock{mutex_};
  link_.orphans(keep);
}

void keeper_desk::notify(std::string_view text) {
  std::lock_guard lock{mutex_};
  link_.notify(text);
}

std::optional<std::chrono::steady_clock::time_point> keeper_desk::next_look() {
  std::lock_guard lock{mutex_};
  return link_.nudge_at();
}

void keeper_desk::look_again() {
  std::lock_guard lock{mutex_};
  link_.flush();
  if (auto at = link_.nudge_at(); at && *at <= std::chrono::steady_clock::now())
    link_.nudge();
}

worker_facts keeper_desk::facts() const {
  const auto& header = memory().header;
  worker_facts facts{header.worker_pid, header.deaths, {}};
  if (header.deaths == 0)
    return facts;
  const auto& last = header.death[(header.deaths - 1) % platform::deaths_shown];
  using namespace std::chrono;
  auto ago = steady_clock::now().time_since_epoch() - microseconds{last.at};
  facts.last = {duration_cast<seconds>((system_clock::now() - ago).time_since_epoch()).count(),
                wait_status_text(last.wait_status)};
  return facts;
}

void keeper_desk::bye(int code) {
  platform::fault_point("bye.begun");
  memory().header.exit_code = code;
  memory().header.bye = 1;
  platform::fault_point("bye.counts");
  std::lock_guard lock{mutex_};
  link_.bye(code);
}

} // namespace troupe::actors
