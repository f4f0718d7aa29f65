// See asio_host.hpp.
#include "actors/asio_host.hpp"

#include <caf/scheduler/abstract_coordinator.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

namespace troupe::actors {

namespace asio = boost::asio;

namespace {

// Messages an actor handles in one turn, so that timers, descriptors and the others come in between.
constexpr std::size_t most_in_a_turn = 16;
constexpr int most_rounds = 8;

} // namespace

struct asio_host::impl : std::enable_shared_from_this<asio_host::impl> {
  impl(asio_host& h, asio::io_context& i) : host(h), io(i), timer(i) {}

  ~impl() {
    for (auto* what : ready)
      caf::intrusive_ptr_release(what);
  }

  void add(caf::resumable* what) {
    bool first = false;
    {
      std::lock_guard lock{mutex};
      ready.push_back(what);
      first = !std::exchange(posted, true);
    }
    if (first)
      asio::post(io, [self = shared_from_this()] { self->run(); });
  }

  /// The turns that are due and those that come of them; but timers and descriptors must not wait for long.
  void run() {
    for (int round = 0; round < most_rounds; ++round) {
      {
        std::lock_guard lock{mutex};
        std::swap(ready, running);
        posted = !running.empty();
      }
      if (running.empty())
        return;
      run_all();
    }
    asio::post(io, [self = shared_from_this()] { self->run(); });
  }

  void run_all() {
    std::size_t begun = 0;
    try {
      while (begun < running.size())
        run(running[begun++]);
    } catch (...) { // no memory for a queue: whose turn has not begun keeps it
      std::for_each(running.begin() + static_cast<std::ptrdiff_t>(begun), running.end(),
                    [this](auto* what) { add(what); });
      running.clear();
      asio::post(io, [self = shared_from_this()] { self->run(); });
      throw;
    }
    running.clear();
  }

  void run(caf::resumable* what) {
    if (what->resume(&host, most_in_a_turn) == caf::resumable::resume_later)
      add(what);
    else
      caf::intrusive_ptr_release(what);
  }

  struct reminder {
    caf::actor_addr whom;
    caf::message what;
    std::optional<std::uint64_t> key; ///< of an alarm
  };
  using reminder_list = std::multimap<time_point, reminder>;

  void remind(time_point when, reminder what) {
    auto key = what.key;
    auto added = reminders.emplace(when, std::move(what));
    if (key)
      alarms.insert_or_assign(*key, added);
    arm();
  }

  void drop(std::uint64_t key) {
    if (auto found = alarms.extract(key))
      reminders.erase(found.mapped());
  }

  /// For the earliest only, and not again where it rings early enough: a thousand starts arm it once.
  void arm() {
    if (reminders.empty() || (armed && *armed <= reminders.begin()->first))
      return;
    armed = reminders.begin()->first;
    timer.expires_at(*armed);
    timer.async_wait([self = weak_from_this()](const boost::system::error_code& cancelled) {
      if (auto me = self.lock(); me && !cancelled)
        me->ring();
    });
  }

  void ring() {
    armed.reset();
    auto now = std::chrono::steady_clock::now();
    while (!reminders.empty() && reminders.begin()->first <= now) {
      auto due = reminders.extract(reminders.begin());
      if (auto key = due.mapped().key)
        alarms.erase(*key);
      if (auto whom = caf::actor_cast<caf::strong_actor_ptr>(due.mapped().whom))
        whom->enqueue(nullptr, caf::make_message_id(), std::move(due.mapped().what), &host);
    }
    arm();
  }

  asio_host& host;
  asio::io_context& io;
  std::mutex mutex; ///< of what follows
  std::vector<caf::resumable*> ready;
  bool posted = false;                  ///< run() is on its way
  std::vector<caf::resumable*> running; ///< of run(); here so that its room is used again
  reminder_list reminders;
  std::unordered_map<std::uint64_t, reminder_list::iterator> alarms; ///< of the reminders, by key
  asio::steady_timer timer;
  std::optional<time_point> armed;
};

asio_host::asio_host(caf::actor_system& system, asio::io_context& io)
    : execution_unit(&system), impl_(std::make_shared<impl>(*this, io)) {}

asio_host::~asio_host() = default;

asio::io_context& asio_host::io() const { return impl_->io; }

void asio_host::exec_later(caf::resumable* what) {
  if (what->subtype() == caf::resumable::io_actor)
    impl_->add(what);
  else
    system().scheduler().enqueue(what);
}

void asio_host::send_at(time_point when, caf::actor_addr whom, caf::message what) {
  impl_->remind(when, {std::move(whom), std::move(what), {}});
}

void asio_host::set_alarm(std::uint64_t key, time_point when, caf::actor_addr whom, caf::message what) {
  impl_->drop(key);
  impl_->remind(when, {std::move(whom), std::move(what), key});
}

void asio_host::drop_alarm(std::uint64_t key) { impl_->drop(key); }

bool asio_host::is_idle() const {
  std::lock_guard lock{impl_->mutex};
  return impl_->ready.empty() && !impl_->posted;
}

} // namespace troupe::actors
