// The members of carried_change, by their numbers in a parcel, as carried_fields.hpp has those of an image. Must not
// hold anything else. Source: docs/contract/survival.md, 6.3. Cases: tests/core/carried_change_test.cpp.
#pragma once

#include "actors/core/carried_fields.hpp"

namespace troupe::actors {

static_assert(config::has_members<carried_change, 7>, "carried_change has other members than listed");
void fields(auto& a, is<carried_change> auto& r) {
  a(1, r.added);
  a(2, r.view);
  a(3, r.is_loaded);
  a(4, r.removed);
  a(5, r.kept);
  a(6, r.next_id);
  a(7, r.last_process_id);
}

} // namespace troupe::actors
