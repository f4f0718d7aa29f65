// See life_marks.hpp.
#include "actors/core/life_marks.hpp"

#include <utility>

namespace troupe::actors {

namespace {

std::array<std::mutex, 16> of_rings;
std::mutex of_all_slots; // held for as long as it takes to copy a pointer

} // namespace

std::mutex& tail_ring::mutex() const { return of_rings[reinterpret_cast<std::uintptr_t>(this) / 64 % of_rings.size()]; }

void tail_ring::add(std::string_view bytes) {
  std::lock_guard lock{mutex()};
  if (!kept_)
    kept_ = std::make_unique<std::string>();
  if (bytes.size() > most) {
    lost_ = true;
    bytes.remove_prefix(bytes.size() - most);
  }
  if (kept_->size() + bytes.size() > most + most / 2) { // not for each byte that is too many
    auto stays = std::min(kept_->size(), most - bytes.size());
    lost_ = lost_ || stays < kept_->size();
    kept_->erase(0, kept_->size() - stays);
  }
  *kept_ += bytes;
}

std::string tail_ring::bytes(bool& whole) const {
  std::lock_guard lock{mutex()};
  whole = !lost_ && (!kept_ || kept_->size() <= most);
  return !kept_ ? std::string() : kept_->size() <= most ? *kept_ : kept_->substr(kept_->size() - most);
}

void life_slot::begin(life_marks_ptr marks) {
  std::lock_guard lock{of_all_slots};
  if (last_ && marks)
    last_->ends_ =
      std::make_unique<const std::array<platform::log_place, 2>>(std::array{marks->out.begins, marks->err.begins});
  last_.swap(marks);
}

life_marks_ptr life_slot::now() const {
  std::lock_guard lock{of_all_slots};
  return last_;
}

std::optional<std::array<platform::log_place, 2>> life_slot::ends_of(const life_marks& marks) {
  std::lock_guard lock{of_all_slots};
  return marks.ends_ ? std::optional(*marks.ends_) : std::nullopt;
}

} // namespace troupe::actors
