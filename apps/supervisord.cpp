// supervisord: what has to be set right before anything else, and the command line. Must not hold more: what the daemon
// does is apps/daemon/. Source: docs/contract/configuration.md, 6.
#include "apps/daemon/daemon.hpp"
#include "platform/daemon.hpp"
#include "platform/memory.hpp"
#include "platform/openssl_calls.hpp"
#include "troupe_version.hpp"

#include <csignal>
#include <cstdio>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

int main(int argc, char** argv) {
  for (int fd = 0; fd < 3; ++fd) // what is opened later must not take the place of a missing stdin, stdout or stderr
    if (::fcntl(fd, F_GETFD) < 0)
      (void)!::open("/dev/null", O_RDWR);
  troupe::platform::default_signals();
  std::signal(SIGPIPE, SIG_IGN); // whoever reads the first records may be gone, and a limit on files may be in force
  std::signal(SIGXFSZ, SIG_IGN);
  ::alarm(0); // a timer set by whoever started us would end us
  if (argc == 3 && std::string_view(argv[1]) == "--parcel-check")
    return troupe::check_parcel(argv[2]);
  troupe::platform::reserve_little_memory();
  if (argc == 2 && std::string_view(argv[1]) == "--resume") {
    troupe::daemon d;
    return d.ends_with(d.resume());
  }
  auto succession = troupe::take_succession(); // before anybody looks at the environment
  if (succession && succession->refused.empty())
    troupe::go_back_unless_ready(*succession, troupe::longest_wait_for_parcel, {argv, argv + argc});
  troupe::daemon d{.program = argv[0]};
  d.arguments.assign(argv, argv + argc);
  d.binary = d.on.executable;
  auto line = troupe::config::parse_command_line({argv + 1, argv + argc}, d.on);
  if (!line)
    return d.fail_start(line.error(), 0);
  d.line = *std::move(line);
  switch (d.line.what) {
  case troupe::config::command_line::action::help:
    std::fputs(troupe::config::usage(d.program).c_str(), stdout);
    return troupe::printed();
  case troupe::config::command_line::action::version:
    std::printf("%s\n", troupe::version);
    return troupe::printed();
  case troupe::config::command_line::action::test:
    return d.test();
  case troupe::config::command_line::action::verify_audit:
    return d.verify_audit();
  case troupe::config::command_line::action::run:
    break;
  }
  int status = succession ? d.go_on(*succession) : d.run();
  troupe::platform::end_openssl(); // nobody is at work with it any more
  return d.ends_with(status);
}
