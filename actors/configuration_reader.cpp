// See configuration_reader.hpp.
#include "actors/configuration_reader.hpp"

#include <exception>
#include <system_error>
#include <thread>
#include <utility>

namespace troupe::actors {

void configuration_reader::open(loader load, std::function<void(outcome)> deliver) {
  load_ = std::move(load);
  door_ = std::make_shared<door>();
  door_->deliver = std::move(deliver);
}

void configuration_reader::close() {
  if (!door_)
    return;
  std::function<void(outcome)> gone;
  std::lock_guard lock{door_->mutex};
  gone = std::exchange(door_->deliver, nullptr);
}

std::optional<std::string> configuration_reader::read(const config::scale_book& scales) {
  try {
    std::thread{[to = door_, load = load_, scales] {
      outcome what = config::fault("");
      try {
        what = load(scales);
      } catch (const std::exception& e) {
        what = config::fault(e.what());
      }
      std::lock_guard lock{to->mutex};
      if (to->deliver)
        to->deliver(std::move(what));
    }}.detach();
  } catch (const std::system_error& e) {
    return e.what();
  }
  return {};
}

} // namespace troupe::actors
