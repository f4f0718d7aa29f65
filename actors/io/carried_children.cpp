// See carried_children.hpp.
#include "actors/io/carried_children.hpp"

#include "platform/timed_lock.hpp"

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

namespace troupe::actors::pipes {

using namespace std::chrono;

bool come_to_rest(const std::vector<child_ptr>& children, milliseconds at_most) {
  auto until = steady_clock::now() + at_most;
  for (const auto& c : children) {
    auto left = duration_cast<milliseconds>(until - steady_clock::now());
    if (!platform::lock_within(c->mutex, std::max(left, milliseconds{0})))
      return false;
    std::lock_guard written{c->in_mutex};
  }
  return true;
}

std::vector<carried_child> carry(const std::vector<child_ptr>& children) {
  std::vector<carried_child> carried;
  for (const auto& c : children) {
    std::scoped_lock lock{c->mutex, c->in_mutex};
    auto channel = [&](std::size_t i) -> std::optional<carried_channel> {
      if (const auto& ch = c->channels[i])
        return carried_channel{ch->pipe.get(), ch->output.now()};
      return {};
    };
    carried.push_back({c->who->id, c->pid, c->in.get(), {}, channel(0), channel(1)});
    auto* q = c->queue.get();
    if (!q)
      continue;
    if (auto box = std::exchange(q->through, nullptr)) {
      box->go_past(); // in memory of ours from here on, whoever goes on
      q->bytes.insert(0, box->take_back());
      q->past = std::move(box);
    }
    carried.back().input = q->bytes;
    if (const auto* kept = q->kept.get()) {
      carried.back().input = kept->bytes(); // for one that does not know of such memory
      carried.back().kept = {kept->memory(), kept->out(), kept->in()};
    }
  }
  return carried;
}

void take_up(const child_ptr& c, carried_child& before, child_input& input) {
  std::optional<carried_channel>* outputs[] = {&before.out, &before.err};
  for (std::size_t i = 0; i < c->channels.size(); ++i)
    if (c->channels[i] && *outputs[i])
      c->channels[i]->output.go_on(std::move((*outputs[i])->output));
  auto [memory, out, in] = before.kept;
  auto kept =
    platform::kept_input::adopt(platform::unique_fd{memory}, platform::unique_fd{out}, platform::unique_fd{in});
  if (kept)
    input.take_up(c, std::move(kept));
  else if (!before.input.empty())
    input.write(c, before.input, before.input.size(), false);
}

} // namespace troupe::actors::pipes
