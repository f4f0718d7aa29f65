// See event_bodies.hpp.
#include "actors/io/event_bodies.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace troupe::actors {

using event_layout::block;

event_bodies::event_bodies(block* blocks) : blocks_(blocks) {}

std::uint32_t event_bodies::refer(const std::shared_ptr<const protocols::event>& what) {
  auto [at, is_new] = known_.try_emplace(what.get());
  if (is_new)
    at->second.block = write(*what);
  ++at->second.references;
  return at->second.block;
}

void event_bodies::let_go(const std::shared_ptr<const protocols::event>& what) {
  auto found = known_.find(what.get());
  if (found == known_.end() || --found->second.references > 0)
    return;
  if (found->second.block != 0)
    going_.push_back(found->second.block);
  known_.erase(found);
}

void event_bodies::settle() {
  for (auto first : going_)
    for (auto at = first; at != 0; at = blocks_[at].next)
      free_.push_back(at);
  going_.clear();
}

std::uint32_t event_bodies::write(const protocols::event& what) {
  constexpr auto size = sizeof(block::bytes);
  auto needed = std::max<std::size_t>(1, (what.body.size() + size - 1) / size);
  if (needed > free_.size() + (event_layout::blocks - untouched_))
    return 0;
  std::string_view rest = what.body;
  auto first = take_block();
  auto at = first;
  for (std::size_t i = 0; i < needed; ++i) {
    auto& b = blocks_[at];
    at = b.next = i + 1 < needed ? take_block() : 0;
    if (i == 0) {
      b.size = static_cast<std::uint32_t>(what.body.size());
      b.about = what.about;
      b.type = static_cast<std::uint32_t>(what.type);
    }
    rest.remove_prefix(rest.copy(b.bytes, size));
  }
  return first;
}

/// There is one.
std::uint32_t event_bodies::take_block() {
  if (free_.empty())
    return untouched_++;
  auto taken = free_.back();
  free_.pop_back();
  return taken;
}

std::shared_ptr<const protocols::event> event_at(const block* blocks, std::uint32_t first) {
  if (first == 0 || first >= event_layout::blocks || blocks[first].type >= protocols::event_types)
    return nullptr;
  auto found = std::make_shared<protocols::event>();
  found->type = static_cast<protocols::event_type>(blocks[first].type);
  found->about = blocks[first].about;
  std::size_t left = blocks[first].size;
  for (std::uint32_t at = first, i = 0; left > 0; at = blocks[at].next, ++i) {
    if (at == 0 || at >= event_layout::blocks || i == event_layout::blocks)
      return nullptr;
    auto piece = std::min(left, sizeof(block::bytes));
    found->body.append(blocks[at].bytes, piece);
    left -= piece;
  }
  return found;
}

} // namespace troupe::actors
