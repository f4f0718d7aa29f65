// See use_keeper.hpp.
#include "actors/use_keeper.hpp"

#include <csignal>
#include <memory>
#include <string>
#include <utility>

namespace troupe::actors {

void use_keeper(services& use, keeper_desk& keeper, std::function<void(int)> signal,
                std::function<void(upgrade_request, control_answer_to)> upgrade) {
  use.keeper = &keeper;
  use.signalled = [signal = std::move(signal), upgrade = std::move(upgrade)](int signo) {
    if (signo != SIGUSR1 || !upgrade)
      return signal(signo);
    upgrade({}, std::make_shared<reply_promise<control_answer>>([](const control_answer&) {}, control_answer{}));
  };
  use.means->sockets.tell({[&keeper](const std::string& name, int fd) { keeper.hold(name, fd); },
                           [&keeper](const std::string& name) {
                             keeper.release(name); // its address may be bound again at once
                             keeper.sync();
                           }});
}

std::shared_ptr<event_memory> make_event_memory(const std::shared_ptr<keeper_desk>& keeper) {
  if (!keeper)
    return nullptr;
  return event_memory::make([keeper](const std::string& name, int fd) {
    if (fd < 0) {
      keeper->release(name);
      return std::uint32_t{0};
    }
    keeper->hold(name, fd);
    return static_cast<std::uint32_t>(keeper->key_of(name));
  });
}

void hold_events(keeper_desk* keeper, const event_memory* memory) {
  if (keeper)
    keeper->hold_events(memory ? memory->fd() : -1);
}

} // namespace troupe::actors
