// See upgrade.hpp.
#include "apps/daemon/upgrade.hpp"

#include "apps/daemon/handover.hpp"
#include "apps/daemon/program_check.hpp"
#include "config/text.hpp"
#include "platform/program_file.hpp"
#include "platform/sealed_file.hpp"
#include "protocols/http_text.hpp"
#include "protocols/parcel.hpp"
#include "troupe_version.hpp"

#include <algorithm>
#include <charconv>
#include <exception>
#include <utility>

#include <sys/wait.h>
#include <unistd.h>

namespace troupe {

using config::log_level;
using protocols::make_fault;
using protocols::rpc_value;

namespace {

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
  auto parcel = platform::sealed_file(set_.parcel());
  if (!parcel)
    return config::fault("a parcel could not be made: " + config::errno_name(errno));
  auto came = ask_program(set_.helpers(), {binary, "--parcel-check", "0"}, set_.env, std::move(parcel), closed_);
  if (!came)
    return came.error();
  const auto& [words, ended] = *came;
  auto line = words.substr(0, words.find('\n'));
  auto it = introduction_in(line);
  if (!it)
    return config::fault(binary + " is not Troupe's supervisord");
  if (protocols::parcel_format < it->least || protocols::parcel_format > it->most)
    return config::fault(binary + " understands formats " + std::to_string(it->least) + " to " +
                         std::to_string(it->most) + ", this is " + std::to_string(protocols::parcel_format));
  if (ended == 0)
    return it->version;
  auto sentence = words.substr(std::min(words.size(), line.size() + 1));
  sentence = sentence.substr(0, sentence.find('\n'));
  return config::fault(
    binary + ": " +
    (WIFEXITED(ended) && !sentence.empty() ? protocols::log_text(sentence) : actors::wait_status_text(ended)));
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
