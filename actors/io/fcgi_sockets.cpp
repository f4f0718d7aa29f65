// See fcgi_sockets.hpp.
#include "actors/io/fcgi_sockets.hpp"

#include "platform/daemon.hpp"
#include "platform/fault_point.hpp"
#include "platform/main_log.hpp"

#include <set>

namespace troupe::actors {

using config::log_level;

config::result<int> fcgi_sockets::take(std::uint64_t process, const config::process_options& options,
                                       const std::function<bool()>& wanted_still) {
  std::unique_lock lock{mutex_};
  if (wanted_still && !wanted_still())
    return -1;
  if (auto held = holders_.extract(process))
    release(held.mapped().of);
  key wanted{options.section, options.socket->url()};
  made_.wait(lock, [&] { return !sockets_.contains(wanted) || sockets_[wanted].fd; });
  auto& socket = sockets_[wanted]; // stays where it is, whatever comes and goes beside it
  ++socket.holders;
  if (!socket.fd) {
    lock.unlock();
    auto made = create(*options.socket);
    lock.lock();
    if (made) {
      socket.fd = *std::move(made);
      note_opened(wanted, socket.fd.get());
    } else {
      sockets_.erase(wanted);
    }
    made_.notify_all();
    if (!made)
      return made.error();
  }
  if (wanted_still && !wanted_still()) {
    if (--socket.holders == 0)
      close(wanted);
    return -1;
  }
  holders_[process] = {std::move(wanted)};
  return socket.fd.get();
}

void fcgi_sockets::keep(std::uint64_t process, int pid) {
  std::lock_guard lock{mutex_};
  if (auto held = holders_.find(process); held != holders_.end())
    held->second.pid = pid;
}

void fcgi_sockets::give_back(std::uint64_t process, int pid) {
  std::lock_guard lock{mutex_};
  auto held = holders_.find(process);
  if (held == holders_.end() || held->second.pid != pid)
    return;
  auto of = std::move(held->second.of);
  holders_.erase(held);
  release(of);
}

config::result<void> fcgi_sockets::probe(const config::group_options& group) {
  std::lock_guard lock{mutex_};
  std::set<key> seen;
  for (const auto& process : group.processes) {
    if (!process->socket)
      continue;
    key of{process->section, process->socket->url()};
    if (!seen.insert(of).second || sockets_.contains(of))
      continue;
    auto made = create(*process->socket);
    if (!made)
      return made.error();
    log_.write(log_level::info, "Closing socket " + of.second);
  }
  return {};
}

config::result<platform::unique_fd> fcgi_sockets::create(const config::fcgi_socket& options) {
  log_.write(log_level::info, "Creating socket " + options.url());
  return platform::open_fcgi_socket(options);
}

void fcgi_sockets::note_opened(const key& of, int fd) {
  changed_ = true;
  platform::fault_point("fcgi.made");
  if (observer_.opened)
    observer_.opened(name_of(of.first, of.second), fd);
  platform::fault_point("fcgi.held");
}

void fcgi_sockets::close(const key& of) {
  changed_ = true;
  platform::fault_point("fcgi.closing");
  if (observer_.closing)
    observer_.closing(name_of(of.first, of.second));
  sockets_.erase(of);
  platform::fault_point("fcgi.closed");
}

bool fcgi_sockets::changed() { return changed_.exchange(false); }

void fcgi_sockets::release(const key& of) {
  if (--sockets_.find(of)->second.holders > 0)
    return;
  close(of); // before the record: nobody who reads it can connect any more
  log_.write(log_level::info, "Closing socket " + of.second);
}

std::vector<carried_fcgi> fcgi_sockets::carry() {
  std::lock_guard lock{mutex_};
  std::vector<carried_fcgi> all;
  for (const auto& [of, socket] : sockets_) {
    carried_fcgi one{of.first, of.second, socket.fd.get(), {}};
    for (const auto& [process, holds] : holders_)
      if (holds.of == of)
        one.holders.push_back({process, holds.pid});
    all.push_back(std::move(one));
  }
  return all;
}

void fcgi_sockets::go_on(std::vector<carried_fcgi> all) {
  std::lock_guard lock{mutex_};
  for (auto& one : all) {
    key of{one.section, one.url};
    auto& socket = sockets_[of];
    socket.fd.reset(one.fd);
    socket.holders = one.holders.size();
    note_opened(of, one.fd);
    for (const auto& [process, pid] : one.holders)
      holders_[process] = {of, pid};
  }
}

} // namespace troupe::actors
