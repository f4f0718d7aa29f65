// See exit_signal.hpp. Where a signal whose default is to do nothing is discarded even while it is blocked, nobody
// would hear of it: SIGCHLD has a handler here, which is never called.
#include "platform/exit_signal.hpp"

#include "platform/posix/quiet_thread.hpp"
#include "platform/posix/self_pipe.hpp"

#include <atomic>
#include <csignal>

namespace troupe::platform {

struct exit_signal::state {
  state() {
    struct sigaction action {};
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_NOCLDSTOP | SA_RESTART;
    action.sa_handler = [](int) {};
    ::sigaction(SIGCHLD, &action, nullptr);
    thread = quiet_thread([this] { run(); });
  }

  ~state() {
    stopping = true;
    ::pthread_kill(thread.native_handle(), SIGCHLD);
    thread.join();
  }

  void run() const {
    sigset_t only;
    sigemptyset(&only);
    sigaddset(&only, SIGCHLD);
    while (!stopping) {
      int signo = 0;
      if (::sigwait(&only, &signo) == 0)
        told.tell();
    }
  }

  self_pipe told{"cannot hear of the ends of children"};
  std::atomic<bool> stopping{false};
  std::thread thread;
};

exit_signal::exit_signal() : state_(std::make_unique<state>()) {}

exit_signal::~exit_signal() = default;

int exit_signal::fd() const { return state_->told.fd(); }

void exit_signal::take() const { state_->told.take(); }

} // namespace troupe::platform
