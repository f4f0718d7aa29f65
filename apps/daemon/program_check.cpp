// See program_check.hpp.
#include "apps/daemon/program_check.hpp"

#include "config/text.hpp"
#include "platform/descriptors.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace troupe {

namespace {

constexpr std::chrono::seconds most_checking{5};
constexpr std::size_t most_words = 4096; ///< bytes that are heard of what the other binary says

/// What somebody waits for whom the actors call back.
template <class Value>
class later {
public:
  void give(Value value) {
    std::lock_guard lock{mutex_};
    value_ = std::move(value);
    given_.notify_all();
  }
  std::optional<Value> wait_until(std::chrono::steady_clock::time_point until) {
    std::unique_lock lock{mutex_};
    given_.wait_until(lock, until, [this] { return value_.has_value(); });
    return value_;
  }

private:
  std::mutex mutex_;
  std::condition_variable given_;
  std::optional<Value> value_;
};

/// Up to its end, but no more than most_words; what comes behind is thrown away. Nothing: it was not over by then, or
/// nobody wants to know any more.
std::optional<std::string> words_of(int pipe, std::chrono::steady_clock::time_point until,
                                    const std::atomic<bool>& closed) {
  constexpr int between_looks = 100; // ms
  std::string words;
  for (;;) {
    if (closed || std::chrono::steady_clock::now() >= until)
      return {};
    pollfd waiting{pipe, POLLIN, 0};
    if (::poll(&waiting, 1, between_looks) <= 0)
      continue;
    char bytes[most_words];
    auto n = ::read(pipe, bytes, sizeof bytes);
    if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
      return words;
    if (n > 0)
      words.append(bytes, std::min(static_cast<std::size_t>(n), most_words - words.size()));
  }
}

} // namespace

config::result<program_answer> ask_program(const actors::helper_doors& doors, const std::vector<std::string>& argv,
                                           const config::environment& env, platform::unique_fd in,
                                           const std::atomic<bool>& closed) {
  const auto& file = argv.front();
  auto child = std::make_shared<actors::helper_child>();
  child->stdio[0] = std::move(in);
  platform::unique_fd said;
  if (int error = platform::make_pipe(said, child->stdio[1]); error != 0)
    return config::fault(file + ": " + config::errno_name(error));
  child->stdio[2].reset(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  child->plan.file = file;
  child->plan.argv = argv;
  for (const auto& [key, value] : env)
    child->plan.envp.push_back(key + '=' + value);
  for (int i = 0; i < 3; ++i)
    child->plan.stdio[i] = child->stdio[i].get();
  auto until = std::chrono::steady_clock::now() + most_checking;
  auto pid = std::make_shared<later<std::pair<int, int>>>();
  auto status = std::make_shared<later<int>>();
  doors.spawn(
    child,
    [pid, child](int made, int error) {
      for (auto& end : child->stdio)
        end.reset(); // so that the pipe ends with it
      pid->give({made, error});
    },
    [status](int how) { status->give(how); });
  child.reset();
  auto made = pid->wait_until(until);
  if (!made || made->first < 0)
    return config::fault(file + ": " + config::errno_name(made ? made->second : ETIMEDOUT));
  auto words = words_of(said.get(), until, closed);
  auto ended = status->wait_until(until);
  if (!words || !ended) {
    doors.signal(made->first, SIGKILL);
    return config::fault(file + ": it was not done with the check after 5 s");
  }
  return program_answer{std::move(*words), *ended};
}

} // namespace troupe
