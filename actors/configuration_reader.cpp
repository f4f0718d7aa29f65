// See configuration_reader.hpp.
#include "actors/configuration_reader.hpp"

#include <system_error>
#include <thread>
#include <utility>

namespace troupe::actors {

namespace {

constexpr std::size_t most_waiting = 1000;

} // namespace

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

void configuration_reader::refuse(std::vector<control_answer_to> whom, const std::string& why) {
  auto refusal = protocols::make_fault(protocols::fault::cant_reread, why);
  for (const auto& to : whom)
    (*to)(refusal);
}

void configuration_reader::ask(const control_answer_to& who) {
  if (given_up_)
    return refuse({who}, "the last attempt to read the configuration has not come to an end yet");
  if (next_.size() >= most_waiting)
    return refuse({who}, "too many wait for it already");
  next_.push_back(who);
}

/// No actor: where the system has no room for another thread, that is a fault for those who ask, and nothing else.
std::optional<std::uint64_t> configuration_reader::begin() {
  if (reading_ || next_.empty())
    return {};
  now_ = std::exchange(next_, {});
  try {
    std::thread{[to = door_, load = load_] {
      outcome what = config::fault("");
      try {
        what = load();
      } catch (const std::exception& e) {
        what = config::fault(e.what());
      }
      std::lock_guard lock{to->mutex};
      if (to->deliver)
        to->deliver(std::move(what));
    }}.detach();
  } catch (const std::system_error& e) {
    refuse(std::exchange(now_, {}), std::string("no thread to read the configuration on: ") + e.what());
    return {};
  }
  reading_ = true;
  return ++count_;
}

std::vector<control_answer_to> configuration_reader::end() {
  reading_ = given_up_ = false;
  return std::exchange(now_, {});
}

void configuration_reader::give_up(std::uint64_t reading) {
  if (!reading_ || reading != count_)
    return;
  given_up_ = true;
  auto both = std::exchange(now_, {});
  for (auto& to : std::exchange(next_, {}))
    both.push_back(std::move(to));
  refuse(std::move(both), "the configuration could not be read in time; a file system or a name service may hang");
}

} // namespace troupe::actors
