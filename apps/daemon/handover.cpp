// See handover.hpp.
#include "apps/daemon/handover.hpp"

#include "actors/core/carried_change_fields.hpp"
#include "platform/overdue_exec.hpp"
#include "platform/sealed_file.hpp"
#include "protocols/parcel.hpp"
#include "troupe_version.hpp"

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <sys/stat.h>
#include <unistd.h>

extern char** environ;

namespace troupe {

using config::is;

void fields(auto& a, is<carried_server> auto& r) {
  a(1, r.section);
  a(2, r.fd);
  a(3, r.folder);
  a(4, r.device);
  a(5, r.inode);
}

void fields(auto& a, is<carried_pid_file> auto& r) {
  a(1, r.device);
  a(2, r.inode);
  a(3, r.seconds);
  a(4, r.nanoseconds);
}

void fields(auto& a, is<carried_seat> auto& r) {
  a(1, r.memory);
  a(2, r.link);
  a(3, r.bell);
  a(4, r.nudge);
  a(5, r.ledger);
  a(6, r.stash);
}

void fields(auto& a, is<handover> auto& r) {
  a(1, r.version);
  a(2, r.directory);
  a(3, r.file);
  a.needed(4, r.configuration);
  a.needed(5, r.servers);
  a(6, r.pid_file);
  a.needed(7, r.runtime);
  a(8, r.binary);
  a(9, r.asker);
  a(10, r.asker_version);
  a(11, r.begun);
  a(12, r.own_binary);
  a(13, r.acts);
  a(14, r.arguments);
  a(15, r.seat);
  a(16, r.keeper_gone);
  a(17, r.number);
}

namespace {

std::optional<int> number_in(std::string_view text) {
  int number = -1;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number >= 0 ? std::optional(number) : std::nullopt;
}

} // namespace

std::vector<int> handover::descriptors() const {
  std::vector<int> all{asker};
  for (const auto& server : servers)
    all.insert(all.end(), {server.fd, server.folder});
  if (seat)
    all.insert(all.end(), {seat->memory, seat->link, seat->bell, seat->nudge, seat->ledger, seat->stash});
  for (const auto& child : runtime.children) {
    all.insert(all.end(), {child.in, child.kept.memory, child.kept.out, child.kept.in});
    for (const auto& channel : {child.out, child.err})
      if (channel)
        all.push_back(channel->pipe);
  }
  for (const auto& group : runtime.groups)
    for (const auto& process : group.processes)
      all.insert(all.end(), {process.ready, process.notify});
  for (const auto& socket : runtime.sockets)
    all.push_back(socket.fd);
  for (const auto& client : runtime.http.clients)
    all.push_back(client.fd);
  for (const auto& stranger : runtime.strangers)
    all.push_back(stranger.fd);
  std::erase_if(all, [](int fd) { return fd < 0; });
  return all;
}

std::size_t running_in(const actors::carried_runtime& runtime) {
  std::size_t running = 0;
  for (const auto& group : runtime.groups)
    for (const auto& process : group.processes)
      running += process.record.pid != 0;
  return running;
}

platform::wiping_string parcel_of(const handover& what) {
  protocols::parcel_writer writer;
  writer.needed(1, what);
  return protocols::parcel_of(writer.records());
}

platform::wiping_string parcel_of(const actors::carried_change& what) {
  protocols::parcel_writer writer;
  writer.needed(1, what);
  return protocols::parcel_of(writer.records());
}

namespace {

template <class What>
config::result<What> read_as(std::string_view file) {
  auto records = protocols::records_of_parcel(file);
  if (!records)
    return records.error();
  What found;
  protocols::parcel_reader reader{*records};
  reader.needed(1, found);
  if (!reader.trouble().empty())
    return config::fault(reader.trouble());
  return found;
}

} // namespace

config::result<handover> read_parcel(std::string_view file) { return read_as<handover>(file); }
config::result<actors::carried_change> read_change(std::string_view file) {
  return read_as<actors::carried_change>(file);
}

config::result<platform::wiping_string> bytes_of(int file) {
  struct stat info {};
  if (::fstat(file, &info) != 0)
    return config::fault(std::strerror(errno));
  platform::wiping_string bytes(static_cast<std::size_t>(info.st_size), '\0');
  for (std::size_t done = 0; done < bytes.size();) {
    auto n = ::pread(file, bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
    if (n > 0)
      done += static_cast<std::size_t>(n);
    else if (n == 0)
      return config::fault("it ends early");
    else if (errno != EINTR)
      return config::fault(std::strerror(errno));
  }
  return bytes;
}

std::optional<succession> take_succession() {
  const char* value = std::getenv(succession_variable);
  if (!value)
    return {};
  std::string text = value;
  ::unsetenv(succession_variable);
  auto first = text.find(' ');
  auto second = text.find(' ', first == text.npos ? first : first + 1);
  if (first == text.npos)
    return {};
  auto parcel = number_in(std::string_view(text).substr(0, first));
  auto old = number_in(std::string_view(text).substr(first + 1, second == text.npos ? second : second - first - 1));
  if (!parcel || !old)
    return {};
  return succession{*parcel, *old, second == text.npos ? "" : text.substr(second + 1)};
}

namespace {

std::string text_of(const succession& what) {
  return std::to_string(what.parcel) + ' ' + std::to_string(what.old_binary) +
         (what.refused.empty() ? "" : ' ' + what.refused);
}

constexpr std::string_view late = "was not ready within ";

} // namespace

std::string seconds_text(std::chrono::milliseconds time) {
  auto text = std::to_string(time.count() / 1000);
  if (auto rest = time.count() % 1000; rest != 0) {
    auto digits = std::to_string(1000 + rest).substr(1);
    text += '.' + digits.substr(0, digits.find_last_not_of('0') + 1);
  }
  return text + " s";
}

std::string why_gone_back(const std::string& binary, const std::string& refused) {
  return binary + (refused.starts_with(late) ? " " : ": ") + refused;
}

void go_back_unless_ready(const succession& from, std::chrono::milliseconds within,
                          const std::vector<std::string>& arguments) {
  platform::overdue_exec back{from.old_binary, arguments, {}};
  for (char** variable = environ; *variable; ++variable)
    back.environment.emplace_back(*variable);
  back.environment.push_back(std::string(succession_variable) + '=' +
                             text_of({from.parcel, from.old_binary, std::string(late) + seconds_text(within)}));
  platform::execute_after(within, std::move(back));
}

int succeed_by(const succession& what, const std::vector<int>& descriptors, const char* path,
               const std::vector<std::string>& arguments) {
  auto all = descriptors;
  all.insert(all.end(), {what.parcel, what.old_binary});
  auto text = text_of(what);
  std::vector<char*> argv;
  for (const auto& argument : arguments)
    argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  ::setenv(succession_variable, text.c_str(), 1);
  for (int fd : all)
    platform::keep_over_exec(fd, true);
  if (path)
    ::execve(path, argv.data(), environ);
  else
    ::fexecve(what.old_binary, argv.data(), environ);
  int error = errno;
  for (int fd : all)
    platform::keep_over_exec(fd, false);
  ::unsetenv(succession_variable);
  return error;
}

int check_parcel(const char* descriptor) {
  std::printf("troupe parcel %d-%d %s\n", int{protocols::least_parcel_format}, int{protocols::parcel_format}, version);
  auto fd = number_in(descriptor);
  auto bytes = fd ? bytes_of(*fd) : config::fault("no number of a descriptor: " + std::string(descriptor));
  auto found = bytes ? read_parcel(*bytes) : bytes.error();
  if (!found)
    std::printf("%s\n", found.error().what.c_str());
  return std::fflush(stdout) == 0 && found ? 0 : 1;
}

} // namespace troupe
