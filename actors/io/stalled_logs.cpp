// See stalled_logs.hpp.
#include "actors/io/stalled_logs.hpp"

#include "actors/io/child_output.hpp"
#include "config/text.hpp"
#include "platform/main_log.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace troupe::actors {

namespace asio = boost::asio;

namespace {

std::string log_name(const platform::shared_log& l) { return "log " + config::quoted(l.path()); }

} // namespace

stalled_logs::stalled_logs(asio::io_context& io, relay& loop, platform::main_log& log,
                           std::function<void(std::uint64_t)> resume)
    : io_(io), loop_(loop), log_(log), resume_(std::move(resume)) {}

std::vector<stalled_logs::entry_ptr>::iterator stalled_logs::find(const std::shared_ptr<platform::shared_log>& log) {
  return std::find_if(entries_.begin(), entries_.end(), [&](auto& e) { return e->log == log; });
}

void stalled_logs::wait(const std::shared_ptr<platform::shared_log>& full, std::optional<std::uint64_t> channel) {
  if (auto found = find(full); found != entries_.end()) {
    if (channel)
      (*found)->channels.push_back(*channel);
    return;
  }
  auto copy = full->duplicate();
  boost::system::error_code failed;
  asio::posix::stream_descriptor room{io_};
  if (!copy || room.assign(copy.get(), failed)) { // a regular file that came in its place is ready at once
    auto error = copy ? failed.value() : errno;
    tell(log_, log_name(*full), error == EPERM ? full->flush() : full->give_up(error));
    if (channel)
      resume_(*channel);
    return;
  }
  (void)copy.release();
  auto e = std::make_shared<entry>(entry{full, std::move(room), {}});
  if (channel)
    e->channels.push_back(*channel);
  entries_.push_back(e);
  await(e);
}

void stalled_logs::await(const entry_ptr& e) {
  e->room.async_wait(asio::posix::stream_descriptor::wait_write, [this, e](const boost::system::error_code& failed) {
    auto turn = loop_.turn();
    if (failed || e->over)
      return;
    flush(e, turn);
    turn.unlock();
    loop_.leave_if_relieved();
  });
}

void stalled_logs::flush(const entry_ptr& e, std::unique_lock<std::mutex>& turn) {
  turn.unlock();
  {
    relay::aside aside{loop_};
    tell(log_, log_name(*e->log), e->log->flush());
  }
  turn.lock();
  if (e->over)
    return;
  if (e->log->stalled())
    return await(e);
  std::erase(entries_, e);
  for (auto channel : e->channels)
    resume_(channel);
}

void stalled_logs::look_again(const std::shared_ptr<platform::shared_log>& log, std::unique_lock<std::mutex>& turn) {
  auto found = find(log);
  if (found == entries_.end() && !log->stalled())
    return;
  std::vector<std::uint64_t> channels;
  if (found != entries_.end()) {
    auto before = std::move(*found);
    entries_.erase(found);
    before->over = true;
    channels = std::move(before->channels);
    boost::system::error_code ignored;
    before->room.close(ignored); // its wait holds it
  }
  turn.unlock();
  {
    relay::aside aside{loop_};
    tell(log_, log_name(*log), log->flush());
  }
  turn.lock();
  if (log->stalled())
    wait(log, {});
  for (auto channel : channels)
    resume_(channel); // those that still find no room come back
}

void stalled_logs::close() {
  for (auto& e : std::exchange(entries_, {})) {
    e->over = true;
    boost::system::error_code ignored;
    e->room.close(ignored);
  }
}

} // namespace troupe::actors
