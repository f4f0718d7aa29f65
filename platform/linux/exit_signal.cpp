// See exit_signal.hpp.
#include "platform/exit_signal.hpp"

#include "platform/unique_fd.hpp"

#include <cerrno>
#include <csignal>
#include <system_error>

#include <sys/signalfd.h>
#include <unistd.h>

namespace troupe::platform {

struct exit_signal::state {
  unique_fd signals;
};

exit_signal::exit_signal() : state_(std::make_unique<state>()) {
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, SIGCHLD);
  state_->signals.reset(::signalfd(-1, &only, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!state_->signals)
    throw std::system_error(errno, std::generic_category(), "cannot hear of the ends of children");
}

exit_signal::~exit_signal() = default;

int exit_signal::fd() const { return state_->signals.get(); }

void exit_signal::take() const {
  signalfd_siginfo one; // however many have ended: the signal is pending once
  [[maybe_unused]] auto n = ::read(state_->signals.get(), &one, sizeof one);
}

} // namespace troupe::platform
