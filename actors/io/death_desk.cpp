// See death_desk.hpp. What a job touches it holds: the daemon may end, or start again, while a disk holds it up.
#include "actors/io/death_desk.hpp"

#include "config/text.hpp"
#include "platform/core_file.hpp"
#include "platform/log_places.hpp"
#include "platform/low_priority.hpp"

#include "config/option_changes.hpp"

#include <atomic>
#include <csignal>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace troupe::actors {

using protocols::death_report;

namespace {

constexpr std::size_t most_cases_waiting = 4096; ///< reports; each holds what is known at once
constexpr std::int64_t kernel_slack = 1'000'000; ///< microseconds by which the kernel's two clocks may differ

} // namespace

struct death_desk::shared {
  explicit shared(settings s) : set(std::move(s)) {}

  void tell(std::uint64_t id, const death_report_ptr& report) {
    std::lock_guard lock{mutex};
    if (!closed && set.told)
      set.told(id, report);
  }

  void say_failed(const std::string& why) {
    std::lock_guard lock{mutex};
    if (!closed && set.failed)
      set.failed(why);
  }

  settings set;
  std::mutex mutex;
  bool closed = false;
  std::atomic<std::size_t> waiting{0};
};

namespace {

// -- gathering -------------------------------------------------------------------------------------

std::optional<protocols::death_tail> tail_of(const death_case& of, bool is_stderr) {
  const auto& who = *of.who;
  if (!of.marks || (is_stderr && who.options->redirect_stderr))
    return {};
  const auto& channel = is_stderr ? of.marks->err : of.marks->out;
  if (channel.ring) {
    bool whole = true;
    auto bytes = channel.ring->bytes(whole);
    auto tail = protocols::tail_of(bytes, of.lines, whole);
    tail.of_log = false;
    return tail;
  }
  auto until = [&]() -> std::optional<platform::log_place> {
    auto ends = life_slot::ends_of(*of.marks);
    return ends ? std::optional((*ends)[is_stderr]) : std::nullopt;
  };
  auto known = until();
  if (known && *known == channel.begins) // it has written nothing: most that crash in a loop
    return protocols::tail_of({}, of.lines, true);
  const std::string path = is_stderr ? who.stderr_path : who.stdout_path;
  auto began = of.known.at / 1'000'000 - static_cast<std::int64_t>(of.known.seconds) - 1;
  auto read = [&](const std::optional<platform::log_place>& up_to) {
    return platform::words_between(path, channel.begins, up_to, began, tail_ring::most);
  };
  auto words = read(known);
  if (!known && (known = until())) // the next life has begun meanwhile: its words may be among them
    words = read(known);
  protocols::death_tail tail;
  if (words.error != 0)
    tail.problem = config::errno_name(words.error);
  else
    tail = protocols::tail_of(words.bytes, of.lines, words.whole);
  return tail;
}

void judge_memory(death_report& r, const death_case& of, const platform::cgroup_memory& memory) {
  if (!of.marks || !r.wait_status)
    return;
  r.kills_before = of.marks->kills;
  r.kills_after = memory.kills();
  protocols::end_of_life end;
  end.killed = WIFSIGNALED(*r.wait_status) && WTERMSIG(*r.wait_status) == SIGKILL;
  end.by_us = r.by_us;
  bool stood_still = r.kills_before && r.kills_before == r.kills_after;
  if (end.killed && !end.by_us && !stood_still)
    end.named_by_kernel = platform::kernel_says_out_of_memory(r.pid, of.marks->kernel_time - kernel_slack);
  r.memory = protocols::judge_memory({r.kills_before, r.kills_after, false}, end);
  r.cgroup = memory.name();
  r.limit = memory.limit();
}

void find_changes(death_report& r, const death_case& of, const death_book& book) {
  const auto& who = *of.who;
  auto good = book.good(who.group, who.options->name);
  if (!good)
    return;
  protocols::death_changes changes;
  changes.since = good->since;
  if (good->options != who.options) {
    changes.options = config::changed_options(*good->options, *who.options);
    changes.environment = config::changed_variables(*good->options, *who.options);
  }
  if (of.marks && !of.marks->program.path.empty() && !good->program.path.empty() && of.marks->program != good->program)
    changes.program = of.marks->program;
  changes.configuration_then = good->configuration;
  changes.configuration_now = book.configuration();
  r.changed = std::move(changes);
}

void find_core(death_report& r, const death_case& of) {
  if (!of.marks || !r.wait_status || !WIFSIGNALED(*r.wait_status) || !WCOREDUMP(*r.wait_status))
    return;
  const auto& options = *of.who->options;
  platform::core_owner whose;
  whose.pid = r.pid;
  whose.signo = WTERMSIG(*r.wait_status);
  whose.program = of.marks->program.path;
  whose.directory = options.directory ? options.directory->str() : "";
  whose.uid = options.uid.value_or(::getuid());
  whose.gid = ::getgid();
  whose.ended = r.at / 1'000'000;
  whose.began = whose.ended - static_cast<std::int64_t>(r.seconds) - 1;
  r.core = config::one_line(platform::core_of(whose));
}

} // namespace

// -- the desk --------------------------------------------------------------------------------------

death_desk::death_desk(settings s) : state_(std::make_shared<shared>(std::move(s))) {}

death_desk::~death_desk() {
  {
    std::lock_guard lock{state_->mutex};
    state_->closed = true;
  }
  crew_.abandon();
}

void death_desk::settle(std::chrono::milliseconds at_most) const {
  auto until = std::chrono::steady_clock::now() + at_most;
  while (state_->waiting > 0 && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
}

const std::shared_ptr<death_book>& death_desk::book() const { return state_->set.book; }

std::size_t death_desk::lines_of(const config::process_options& options) const {
  return static_cast<std::size_t>(options.deathlines.value_or(state_->set.lines));
}

void death_desk::ran_well(const process_identity& who, std::int64_t since) {
  auto marks = who.life().now();
  state_->set.book->ran_well(who.group, who.options->name,
                             {since, who.options, marks ? marks->program : protocols::program_file{}});
  crew_.relieve(longest_job); // those behind one that a disk holds up
}

void death_desk::report(death_case what) {
  auto& s = *state_;
  what.known.group = what.who->group;
  what.known.ends = s.set.book->count_end(what.who->group, what.who->options->name, what.known.at / 1'000'000);
  if (s.waiting.fetch_add(1) >= most_cases_waiting) {
    --s.waiting;
    return;
  }
  auto job = [state = state_, what = std::make_shared<death_case>(std::move(what))] {
    try {
      platform::work_at_low_priority();
      auto report = std::make_shared<death_report>(what->known);
      report->out = tail_of(*what, false);
      report->err = tail_of(*what, true);
      judge_memory(*report, *what, *state->set.memory);
      find_changes(*report, *what, *state->set.book);
      find_core(*report, *what);
      protocols::shorten(*report, death_book::most_bytes_each);
      state->set.book->add(report);
      state->tell(what->id, report);
    } catch (const std::exception& e) {
      state->say_failed("no death report of " + what->known.name + ": " + e.what());
    }
    --state->waiting;
  };
  try {
    crew_.relieve(longest_job);
    if (crew_.post(std::move(job)))
      return;
    s.say_failed("no death reports: too many disks hang");
  } catch (const std::system_error& e) {
    s.say_failed(std::string("no death reports: no thread: ") + e.what());
  }
  --s.waiting;
}

protocols::program_file program_at(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0)
    return {};
  return {path, info.st_ino, info.st_mtime, info.st_size};
}

} // namespace troupe::actors
