// See upgrade.hpp.
#include "apps/daemon/upgrade.hpp"

#include "apps/daemon/handover.hpp"
#include "config/text.hpp"
#include "platform/descriptors.hpp"
#include "platform/program_file.hpp"
#include "platform/sealed_file.hpp"
#include "protocols/http_text.hpp"
#include "protocols/parcel.hpp"
#include "troupe_version.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <exception>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace troupe {

using config::log_level;
using protocols::make_fault;
using protocols::rpc_value;

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

struct introduction {
  int least = 0, most = 0;
  std::string version;
};

/// `troupe parcel 1-2 0.9.1`
std::optional<introduction> introduction_in(std::string_view line) {
  constexpr std::string_view begin = "troupe parcel ";
  if (!line.starts_with(begin))
    return {};
  line.remove_prefix(begin.size());
  introduction found;
  const char* end = line.data() + line.size();
  auto first = std::from_chars(line.data(), end, found.least);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != '-')
    return {};
  auto second = std::from_chars(first.ptr + 1, end, found.most);
  if (second.ec != std::errc() || second.ptr == end || *second.ptr != ' ')
    return {};
  found.version = std::string(second.ptr + 1, end);
  return found;
}

} // namespace

void upgrade_desk::ask(actors::upgrade_request what, actors::control_answer_to answer) {
  std::lock_guard lock{mutex_};
  if (closed_)
    return (*answer)(make_fault(protocols::fault::shutdown_state));
  if (busy_)
    return refuse(what, answer, "another upgrade is under way");
  busy_ = true;
  if (thread_.joinable())
    thread_.join(); // it has nothing left to do
  thread_ = std::thread([this, what = std::move(what), answer = std::move(answer)] { check(what, answer); });
}

void upgrade_desk::refuse(const actors::upgrade_request& what, const actors::control_answer_to& answer,
                          const std::string& why) {
  if (!what.only_check)
    set_.log.write(log_level::error, "not upgraded: " + why);
  (*answer)(make_fault(protocols::fault::failed, (what.only_check ? "cannot be upgraded: " : "not upgraded: ") + why));
}

void upgrade_desk::check(const actors::upgrade_request& what, const actors::control_answer_to& answer) {
  auto binary = what.binary.value_or(set_.usual_binary);
  auto trouble = platform::trouble_with_program(binary, ::geteuid());
  auto found = config::result<std::string>(config::fault(trouble));
  if (trouble.empty())
    try {
      found = try_out(binary);
    } catch (const std::exception& e) {
      found = config::fault(e.what());
    }
  std::unique_lock lock{mutex_};
  if (found && !what.only_check) {
    checked_ = {binary, *found, answer};
    lock.unlock();
    return set_.ready();
  }
  busy_ = false;
  lock.unlock();
  if (!found)
    return refuse(what, answer, found.error().what);
  rpc_value::structure came{{"from", rpc_value{std::string(version)}}, {"to", rpc_value{*found}}};
  (*answer)(rpc_value{std::move(came)});
}

/// Executes `binary`, which is to read what it would get. Its version.
config::result<std::string> upgrade_desk::try_out(const std::string& binary) {
  auto child = std::make_shared<actors::helper_child>();
  child->stdio[0] = platform::sealed_file(set_.parcel());
  platform::unique_fd said;
  if (!child->stdio[0] || platform::make_pipe(said, child->stdio[1]) != 0)
    return config::fault("a parcel could not be made: " + config::errno_name(errno));
  child->stdio[2].reset(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  child->plan.file = binary;
  child->plan.argv = {binary, "--parcel-check", "0"};
  for (const auto& [key, value] : set_.env)
    child->plan.envp.push_back(key + '=' + value);
  for (int i = 0; i < 3; ++i)
    child->plan.stdio[i] = child->stdio[i].get();
  auto until = std::chrono::steady_clock::now() + most_checking;
  auto pid = std::make_shared<later<std::pair<int, int>>>();
  auto status = std::make_shared<later<int>>();
  auto doors = set_.helpers();
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
    return config::fault(binary + ": " + config::errno_name(made ? made->second : ETIMEDOUT));
  auto words = words_of(said.get(), until, closed_);
  auto ended = status->wait_until(until);
  if (!words || !ended) {
    doors.signal(made->first, SIGKILL);
    return config::fault(binary + ": it was not done with the check after 5 s");
  }
  auto line = words->substr(0, words->find('\n'));
  auto it = introduction_in(line);
  if (!it)
    return config::fault(binary + " is not Troupe's supervisord");
  if (protocols::parcel_format < it->least || protocols::parcel_format > it->most)
    return config::fault(binary + " understands formats " + std::to_string(it->least) + " to " +
                         std::to_string(it->most) + ", this is " + std::to_string(protocols::parcel_format));
  if (*ended == 0)
    return it->version;
  auto sentence = words->substr(std::min(words->size(), line.size() + 1));
  sentence = sentence.substr(0, sentence.find('\n'));
  return config::fault(
    binary + ": " +
    (WIFEXITED(*ended) && !sentence.empty() ? protocols::log_text(sentence) : actors::wait_status_text(*ended)));
}

std::optional<upgrade_desk::checked> upgrade_desk::next() {
  std::lock_guard lock{mutex_};
  return std::exchange(checked_, std::nullopt);
}

void upgrade_desk::failed(const checked& what, const std::string& why) {
  {
    std::lock_guard lock{mutex_};
    busy_ = false;
  }
  refuse({}, what.answer, why);
}

void upgrade_desk::close() {
  {
    std::lock_guard lock{mutex_};
    closed_ = true;
  }
  if (thread_.joinable())
    thread_.join();
}

} // namespace troupe
