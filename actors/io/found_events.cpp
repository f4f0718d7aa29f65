// See found_events.hpp. Numbers out of shared memory are kept in bounds; an event whose body is nowhere is one lost.
#include "actors/io/found_events.hpp"

#include "troupe_version.hpp"

#include <algorithm>
#include <cstring>
#include <unordered_map>
#include <utility>

namespace troupe::actors {

using namespace event_layout;
using platform::send_outcome;

namespace {

class finding {
public:
  finding(memory& in, const std::function<int(std::uint32_t)>& number_of) : in_(in), number_of_(number_of) {}

  found_events all() {
    result_.next_serial = in_.first.next_serial;
    result_.last = {in_.first.last.slot, in_.first.last.version, in_.first.last.told};
    for (auto& page : in_.pools)
      if (page.place.used != 0)
        find(page);
    return std::move(result_);
  }

private:
  void find(const pool_page& page) {
    carried_pool p;
    p.name.assign(page.place.name, ::strnlen(page.place.name, name_size));
    p.next_serial = page.now.next_serial;
    p.overflowing = page.now.overflowing != 0;
    p.closed = page.now.closed != 0;
    for (std::uint32_t i = 0; i < std::min(page.now.leftovers, event_layout::most_leftovers); ++i)
      take(page.leftovers[i], p.buffer);
    auto count = std::min<std::uint64_t>(page.now.tail - page.now.head, most_waiting);
    for (std::uint64_t i = 0; i < count; ++i)
      take(page.waiting[(page.now.head + i) % most_waiting], p.buffer);
    auto first = std::min(page.place.first_member, most_members);
    auto members = std::min(page.place.members, most_members - first);
    for (std::uint32_t i = 0; i < members; ++i) {
      bool offered = page.now.offered.here != 0 && page.now.offered_to == i;
      p.members.push_back(member(in_.members[first + i], offered ? page.now.offered : event_ref{}, p, i));
    }
    result_.pools.push_back(std::move(p));
  }

  pool_member member(member_page& page, const event_ref& offered, carried_pool& p, std::size_t number) {
    pool_member m;
    const auto& now = page.now;
    m.talk.state = static_cast<protocols::listener_state>(now.state);
    m.talk.pending.assign(page.pending, std::min<std::size_t>(now.pending_size, words_size));
    m.talk.result.assign(page.result, std::min<std::size_t>(now.result_size, words_size));
    if (now.has_missing != 0)
      m.talk.result_missing = now.result_missing;
    m.running = now.running != 0;
    m.heard = now.heard;
    m.lost = now.lost != 0;
    m.held = event(now.held);
    platform::outbox box{page.stage, held(now.outbox_out), held(now.outbox_in)};
    switch (platform::outcome_of_send(box.stage(), box.left(), offered.here != 0)) {
    case send_outcome::not_sent:
      box.take_back();
      if (offered.here != 0) {
        std::vector<pooled_event> again;
        take(offered, again);
        p.buffer.insert(p.buffer.begin(), again.begin(), again.end());
      }
      break;
    case send_outcome::unknown: // it goes back to the pool with the end of its listener
      m.lost = true;
      [[fallthrough]];
    case send_outcome::sent:
      if (offered.here != 0) {
        protocols::begin_event(m.talk);
        m.held = event(offered);
      }
    }
    if (!m.lost && box.out_fd() >= 0 && box.in_fd() >= 0)
      result_.outboxes.emplace(std::pair{p.name, number}, box.give_up());
    return m;
  }

  platform::unique_fd held(std::uint32_t key) const { return platform::unique_fd{key == 0 ? -1 : number_of_(key)}; }

  std::optional<pooled_event> event(const event_ref& ref) {
    if (ref.here == 0)
      return {};
    auto& known = known_[ref.block];
    if (!known)
      known = event_at(in_.bodies, ref.block);
    if (!known) {
      ++result_.lost;
      return {};
    }
    return pooled_event{known, ref.serial, ref.pool_serial, ref.waits_for};
  }

  void take(const event_ref& ref, std::vector<pooled_event>& into) {
    if (auto found = event(ref))
      into.push_back(*std::move(found));
  }

  memory& in_;
  const std::function<int(std::uint32_t)>& number_of_;
  found_events result_;
  std::unordered_map<std::uint32_t, std::shared_ptr<const protocols::event>> known_; ///< by block
};

} // namespace

std::optional<found_events> find_events(platform::unique_fd memory,
                                        const std::function<int(std::uint32_t key)>& number_of) {
  auto found = platform::redo_memory::map(std::move(memory), sizeof(event_layout::memory));
  if (!found)
    return {};
  auto& in = *reinterpret_cast<event_layout::memory*>(found.data());
  if (in.first.has_serial == 0 ||
      std::string_view(in.first.build, ::strnlen(in.first.build, sizeof in.first.build)) != version)
    return {};
  return finding{in, number_of}.all();
}

} // namespace troupe::actors
