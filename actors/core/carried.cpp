// See carried.hpp.
#include "actors/core/carried.hpp"

#include <utility>

namespace troupe::actors {

namespace {

carried_marks::channel carry(const life_marks::channel& from) {
  carried_marks::channel to{from.begins, {}, true};
  if (from.ring)
    to.ring = from.ring->bytes(to.ring_is_whole);
  return to;
}

life_marks::channel take_up(const carried_marks::channel& from) {
  life_marks::channel to{from.begins, nullptr};
  if (from.ring)
    to.ring = std::make_shared<tail_ring>(*from.ring, from.ring_is_whole);
  return to;
}

} // namespace

std::optional<carried_marks> carry(const life_marks_ptr& marks) {
  if (!marks)
    return {};
  return carried_marks{carry(marks->out), carry(marks->err), marks->kills, marks->kernel_time, marks->program};
}

life_marks_ptr take_up(const carried_marks& from) {
  auto marks = std::make_shared<life_marks>();
  marks->out = take_up(from.out);
  marks->err = take_up(from.err);
  marks->kills = from.kills;
  marks->kernel_time = from.kernel_time;
  marks->program = from.program;
  return marks;
}

} // namespace troupe::actors
