// See notify_inbox.hpp: the kernel vouches for pid and uid of a sender (unix(7), SO_PASSCRED), procfs for his parents.
#include "platform/notify_inbox.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

namespace troupe::platform {

namespace {

constexpr int most_generations = 64;

struct kin {
  char state = 0;   ///< as ps(1) shows it; 0: the process is not there, or cannot be seen
  pid_t parent = 0; ///< 0: none
};

kin look_at(pid_t pid) {
  unique_fd fd{::open(("/proc/" + std::to_string(pid) + "/stat").c_str(), O_RDONLY | O_CLOEXEC)};
  std::array<char, 1024> buffer;
  auto count = fd ? ::read(fd.get(), buffer.data(), buffer.size()) : -1;
  std::string_view text(buffer.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
  auto name_end = text.rfind(')');                   // the name may hold anything
  constexpr std::size_t to_state = 2, to_parent = 4; // ") S PPID"
  kin found;
  if (name_end == text.npos || text.size() <= name_end + to_parent)
    return found;
  found.state = text[name_end + to_state];
  std::from_chars(text.data() + name_end + to_parent, text.data() + text.size(), found.parent);
  return found;
}

/// A zombie is, too: whoever does not wait for it changes nothing about what it said.
bool is_gone(pid_t pid) {
  if (::getpgid(pid) < 0 && errno == ESRCH)
    return true;
  auto state = look_at(pid).state;
  return state == 'Z' || state == 'X';
}

bool descends_from(pid_t pid, pid_t ancestor) {
  for (int i = 0; i < most_generations && pid > 1; ++i) {
    pid = look_at(pid).parent;
    if (pid == ancestor)
      return true;
  }
  return false;
}

} // namespace

int ask_for_senders(int socket) {
  int on = 1;
  return ::setsockopt(socket, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == 0 ? 0 : errno;
}

void take_sender(const cmsghdr& control, notify_datagram& into) {
  ucred sender{};
  if (control.cmsg_level != SOL_SOCKET || control.cmsg_type != SCM_CREDENTIALS ||
      control.cmsg_len < CMSG_LEN(sizeof sender))
    return;
  std::memcpy(&sender, CMSG_DATA(&control), sizeof sender);
  into.pid = std::max(sender.pid, 0);
  into.uid = sender.uid;
}

bool has_abstract_names() { return true; }

bool is_of_child(pid_t sender, uid_t sender_uid, pid_t child, uid_t program_uid) {
  bool is_its_user = sender_uid == program_uid && sender_uid != unknown_uid;
  if (sender <= 0)
    return is_its_user;
  if (child > 0 && (sender == child || ::getpgid(sender) == child || descends_from(sender, child)))
    return true;
  return is_its_user && is_gone(sender); // only now: he may have gone while his parents were looked for
}

} // namespace troupe::platform
