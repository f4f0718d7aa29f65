// See slow_looks.hpp.
#include "actors/io/slow_looks.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <new>
#include <system_error>
#include <utility>

namespace troupe::actors {

namespace {

// As a spawn: the thread that is at one for this long is left behind, so that others get their answers.
constexpr std::chrono::milliseconds patience{75};
constexpr std::chrono::milliseconds first_watch{100};
constexpr std::chrono::milliseconds between_watches{25};

template <class Waiting>
void forget_gone(Waiting& all) {
  std::erase_if(all, [](const auto& one) { return one.expired(); });
}

} // namespace

slow_looks::slow_looks(boost::asio::io_context& io, std::shared_ptr<loop_door> door, work_crew& crew)
    : door_(std::move(door)), crew_(crew), watch_timer_(io) {}

void slow_looks::close() { watch_timer_.cancel(); }

void slow_looks::ask(const std::shared_ptr<const slow_look>& look) {
  forget_gone(asked_);
  asked_.push_back(look);
  if (!watching_) {
    watching_ = true;
    watch_timer_.expires_after(first_watch);
    watch();
  }
  std::erase_if(under_way_, [](const auto& one) { return one.second.expired(); });
  if (auto other = under_way_[look->what].lock()) {
    forget_gone(other->next);
    other->next.push_back(look);
    return;
  }
  auto mine = std::make_shared<turn>();
  under_way_[look->what] = mine;
  begin(mine, look);
}

/// False: nobody can look, and whoever asked was told.
bool slow_looks::begin(const std::shared_ptr<turn>& mine, const std::shared_ptr<const slow_look>& look) {
  auto job = [door = door_, mine, what = look->what, work = look->work, looks = weak_from_this()] {
    try {
      auto answer = work();
      door->post([mine, what, answer = std::move(answer), looks] {
        if (auto us = looks.lock())
          us->pass_on(what, mine);
        answer();
      });
    } catch (const std::exception&) { // no memory: whoever waits has a deadline
    }
  };
  std::string why = "too many looks hang";
  try {
    if (crew_.post(std::move(job)))
      return true;
  } catch (const std::system_error& e) {
    why = "no thread to look with: " + e.code().message();
  }
  look->refused(why);
  return false;
}

/// Whoever waits for the same thing asks anew: the answer to another may be older than his question.
void slow_looks::pass_on(const std::string& what, const std::shared_ptr<turn>& mine) try {
  while (!mine->next.empty()) {
    auto next = mine->next.front().lock();
    mine->next.erase(mine->next.begin());
    if (next && begin(mine, next))
      return;
  }
  under_way_.erase(what);
} catch (const std::bad_alloc&) { // those who wait have a deadline
}

void slow_looks::watch() {
  watch_timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& failed) {
    auto us = weak.lock();
    if (!us || failed)
      return;
    us->crew_.relieve(patience);
    forget_gone(us->asked_);
    us->watching_ = !us->asked_.empty();
    if (!us->watching_)
      return;
    us->watch_timer_.expires_after(between_watches);
    us->watch();
  });
}

} // namespace troupe::actors
