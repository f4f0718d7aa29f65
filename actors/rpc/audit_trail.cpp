// See audit_trail.hpp.
#include "actors/rpc/audit_trail.hpp"

#include "platform/main_log.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

namespace troupe::actors {

using config::log_level;

namespace {

constexpr std::size_t longest_text = 256;
constexpr auto pace_over = std::chrono::milliseconds{1001};

} // namespace

std::string audit_text_of(std::string_view from_client) {
  return from_client.size() <= longest_text ? std::string(from_client)
                                            : std::string(from_client.substr(0, longest_text)) + "...";
}

audit_trail::audit_trail(platform::main_log& log, config::audit_options options,
                         std::unique_ptr<platform::audit_file> file, protocols::hash_function hash)
    : log_(log), options_(std::move(options)), file_(std::move(file)), hash_(std::move(hash)),
      chain_(hash_, protocols::no_audit_yet()) {}

config::result<void> audit_trail::open() {
  if (!file_)
    return {};
  if (int error = file_->open(); error != 0)
    return config::fault("could not open the audit file " + file_->path() + ": " +
                         (error == ELOOP ? "it is a link" : std::strerror(error)));
  auto last = options_.json ? file_->last_line() : std::string();
  auto head = last.empty() ? std::nullopt : protocols::audit_head_after(last, hash_);
  if (head)
    chain_ = {hash_, *head};
  else if (!last.empty() && hash_)
    log_.write(log_level::warn, "audit: " + file_->path() + " ends with no record of a chain; a new one begins");
  return {};
}

void audit_trail::reopen() {
  if (file_ && !later([this] { reopen_now(); }))
    reopen_now();
}

void audit_trail::reopen_now() {
  if (int error = file_->reopen(); error != 0)
    log_.write(log_level::error, "could not reopen the audit file " + file_->path() + ": " + std::strerror(error) +
                                   "; the one that is open stays in use");
}

void audit_trail::publish_with(std::function<void(std::string)> publish) {
  std::lock_guard lock{mutex_};
  publish_ = std::move(publish);
}

void audit_trail::witness_with(std::function<void(const record&)> witness, bool alone) {
  std::lock_guard lock{mutex_};
  witness_ = std::move(witness);
  witness_alone_ = alone;
}

void audit_trail::run_with(runner run) {
  std::lock_guard lock{later_mutex_};
  later_ = std::move(run);
}

bool audit_trail::later(std::function<void()> what, std::chrono::milliseconds after) {
  std::lock_guard lock{later_mutex_};
  if (later_)
    later_(std::move(what), after);
  return later_ != nullptr;
}

std::uint64_t audit_trail::lost() const {
  std::lock_guard lock{mutex_};
  return lost_;
}

// -- records -------------------------------------------------------------------------------------

audit_trail::record audit_trail::record_of(const caller& who, const audit_origin& by) const {
  record r;
  r.id = by.id;
  r.user = who.known() ? who.name() : by.user;
  r.how = who.known() ? std::string(who.how()) : by.how;
  r.token = who.token();
  r.from = by.from;
  r.via = by.via;
  r.server = by.server;
  r.peer = by.peer;
  return r;
}

audit_trail::record audit_trail::record_of(const audit_origin& by, std::string_view user, std::string_view how) const {
  record r;
  r.id = by.id;
  r.user = user.empty() ? record::nobody : user;
  r.how = how;
  r.from = by.from;
  r.via = by.via;
  r.server = by.server;
  r.peer = by.peer;
  return r;
}

bool audit_trail::tell(record what) {
  std::lock_guard lock{mutex_};
  return write(what);
}

void audit_trail::tell_refusal(record what) {
  if (auto before = next_refusal(what.user, what.from)) {
    what.suppressed = *before;
    tell(std::move(what));
  }
}

namespace {

std::string caller_of(std::string_view user, std::string_view from) {
  std::string caller;
  return std::move(caller.append(user).append(1, ' ').append(from.substr(0, from.rfind(':'))));
}

} // namespace

void audit_trail::pass_over(const record& what) {
  auto caller = caller_of(what.user, what.from);
  std::lock_guard lock{mutex_};
  (void)passed_over_.next(caller, std::chrono::steady_clock::now());
}

std::optional<std::uint64_t> audit_trail::next_refusal(std::string_view user, std::string_view from) {
  auto caller = caller_of(user, from);
  std::lock_guard lock{mutex_};
  auto before = pace_.next(caller, std::chrono::steady_clock::now());
  if (!before && !left_over_soon_)
    left_over_soon_ = later([this] { tell_left_over(); }, pace_over);
  return before;
}

/// Of those who have gone quiet.
void audit_trail::tell_left_over() {
  std::lock_guard lock{mutex_};
  left_over_soon_ = false;
  for (auto& [caller, count] : pace_.left_over(std::chrono::steady_clock::now())) {
    record r;
    auto blank = caller.rfind(' ');
    r.user = caller.empty() ? std::string(record::nobody) : caller.substr(0, blank);
    r.from = caller.empty() ? std::string() : caller.substr(blank + 1);
    r.verb = "refusals";
    r.came = outcome::refused;
    r.suppressed = count;
    write(r);
  }
}

// -- acts ------------------------------------------------------------------------------------------

std::uint64_t audit_trail::opened(record what, std::chrono::steady_clock::time_point begun) {
  std::lock_guard lock{acts_mutex_};
  acts_[++last_act_] = {std::move(what), begun};
  return last_act_;
}

bool audit_trail::closed(std::uint64_t number, std::function<void()> or_then) {
  std::lock_guard lock{acts_mutex_};
  if (!handed_over_)
    acts_.erase(number);
  else
    ends_.push_back(std::move(or_then));
  return !handed_over_;
}

void audit_trail::dropped(std::uint64_t number) {
  std::lock_guard lock{acts_mutex_};
  acts_.erase(number);
}

std::vector<open_act> audit_trail::hand_over() {
  std::lock_guard lock{acts_mutex_};
  handed_over_ = true;
  std::vector<open_act> all;
  for (const auto& [number, act] : acts_)
    all.push_back(act);
  return all;
}

void audit_trail::go_on() {
  std::vector<std::function<void()>> ends;
  {
    std::lock_guard lock{acts_mutex_};
    handed_over_ = false;
    ends.swap(ends_);
  }
  for (const auto& end : ends)
    end();
}

// -- writing; the lock is held -------------------------------------------------------------------

bool audit_trail::write(record& what) {
  what.time = std::chrono::system_clock::now();
  if (witness_)
    witness_(what);
  if (!file_ && witness_alone_)
    return true;
  if (!file_) {
    log_.write(log_level::info, "audit: " + protocols::audit_text(what));
    return true;
  }
  int error = to_file(what);
  speak_of(error);
  return error == 0;
}

int audit_trail::to_file(const record& what) {
  if (!options_.json) {
    auto text = protocols::audit_time(what.time) + ' ' + protocols::audit_text(what);
    int error = file_->write(text + '\n');
    if (error == 0 && publish_ && options_.events)
      publish_(std::move(text));
    return error;
  }
  if (hash_ && file_->is_empty()) {
    auto first = chain_.begin(what.time);
    if (int error = file_->write(first + '\n'); error != 0)
      return error;
    chain_.wrote(first);
  }
  auto line = chain_.line(what);
  if (int error = file_->write(line + '\n'); error != 0)
    return error;
  chain_.wrote(line);
  if (auto head = chain_.record_of_head(what.time); !head.empty())
    log_.write(log_level::info, head);
  if (publish_ && options_.events)
    publish_(std::move(line));
  return 0;
}

/// Once, until it works again.
void audit_trail::speak_of(int error) {
  if (error == 0) {
    if (std::exchange(fails_, false))
      log_.write(log_level::info, "audit: " + file_->path() + " is written again; " +
                                    std::to_string(lost_ - std::exchange(lost_before_, lost_)) +
                                    " records are missing");
    return;
  }
  ++lost_;
  if (!std::exchange(fails_, true))
    log_.write(log_level::error, "audit: " + file_->path() + " cannot be written: " + std::strerror(error) +
                                   (options_.required ? "; what changes something is refused until it can"
                                                      : "; what is done is not recorded until it can"));
}

// -- what happens to users -----------------------------------------------------------------------

audit_trail::record audit_trail::of_user(const caller& who, const audit_origin& by, std::string verb,
                                         std::string target) const {
  auto r = record_of(who, by);
  r.verb = std::move(verb);
  r.target = std::move(target);
  return r;
}

void audit_trail::sign_in(const caller& who, const audit_origin& by) { tell(of_user(who, by, "sign-in", {})); }

void audit_trail::sign_out(const caller& who, const audit_origin& by, std::string session) {
  tell(of_user(who, by, "sign-out", std::move(session)));
}

void audit_trail::certificate_replaced(const std::string& server, const std::string& name) {
  record r;
  r.user = "supervisord";
  r.server = server;
  r.verb = "certificate";
  r.target = name;
  tell(std::move(r));
}

void audit_trail::refused_proof(const audit_origin& by, std::string_view user, std::string_view how) {
  auto r = record_of(by, user, how);
  r.verb = "sign-in";
  r.came = outcome::refused;
  tell_refusal(std::move(r));
}

void audit_trail::throttled(const audit_origin& by) {
  auto r = record_of(by, {}, {});
  r.verb = "throttle";
  r.came = outcome::refused;
  tell_refusal(std::move(r));
}

void audit_trail::refused_page(const caller* who, const audit_origin& by, std::string_view what) {
  auto r = who ? record_of(*who, by) : record_of(by, {}, {});
  r.verb = "request";
  r.target = audit_text_of(what);
  r.came = outcome::refused;
  r.fault = 403;
  tell_refusal(std::move(r));
}

} // namespace troupe::actors
