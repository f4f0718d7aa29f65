// See token_desk.hpp. Whoever changes the file has the turn of its thread from before he looks at the book until the
// file is written, so that a token that could not be written is in no later text. Lambdas are bound to locals before
// they are awaited with: GCC 12 destroys temporaries in a co_await twice.
#include "actors/http/token_desk.hpp"

#include "actors/http/token_file.hpp"
#include "actors/io/contained.hpp"
#include "platform/digest.hpp"
#include "platform/main_log.hpp"
#include "platform/random_bytes.hpp"
#include "platform/token_store.hpp"

#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <ctime>
#include <utility>

namespace troupe::actors {

using boost::asio::awaitable;
using config::log_level;
using protocols::fault;
using protocols::make_fault;
using protocols::rpc_value;
using protocols::token_book;

namespace {

constexpr std::int64_t day = 86400;

std::int64_t now() { return static_cast<std::int64_t>(std::time(nullptr)); }

std::uint8_t random_byte() {
  unsigned char byte = 0;
  platform::fill_random(&byte, 1);
  return byte;
}

} // namespace

token_book token_desk::empty_book() { return token_book{platform::sha256}; }

void token_desk::start(const std::shared_ptr<token_book>& read) {
  if (!access_ || !read)
    return;
  path_ = wanted_ = access_->now()->options->token_file;
  book_ = std::move(*read);
  end_of_users();
}

void token_desk::rules_replaced() {
  auto in_force = access_->now();
  end_of_users();
  if (wanted_ == in_force->options->token_file)
    return;
  wanted_ = in_force->options->token_file;
  begin(change_file(wanted_));
}

/// Tokens of users that are gone end, for good.
void token_desk::end_of_users() {
  auto in_force = access_->now();
  const auto& users = in_force->options->users;
  book_.keep_users([&](const std::string& name) {
    return std::any_of(users.begin(), users.end(), [&](auto& user) { return user.name == name; });
  });
  if (book_.unsaved() && !path_.empty())
    begin(record(nullptr));
}

// -- who asks --------------------------------------------------------------------------------------

const protocols::token_record* token_desk::find(std::string_view token, const config::origin& from) {
  auto when = now();
  const auto* found = path_.empty() ? nullptr : book_.find(token, from, when);
  if (found && book_.unsaved() && std::exchange(used_day_, when / day) != when / day && !is_crowded())
    begin(record(nullptr));
  return found;
}

const protocols::token_record* token_desk::valid(std::string_view id) const { return book_.valid(id, now()); }

std::vector<protocols::token_record> token_desk::of_user(std::string_view user) const {
  return book_.of_user(user, now());
}

// -- making and revoking ---------------------------------------------------------------------------

void token_desk::begin(work what) {
  auto ended = [this](const std::exception_ptr& failure) {
    if (failure)
      log_.write(log_level::error, "tokens: " + words_of(failure));
  };
  boost::asio::co_spawn(io_, std::move(what), ended);
}

void token_desk::create(token_book::wish what, control_answer_to answer) {
  if (is_crowded())
    return (*answer)(make_fault(fault::failed, "the disk of the tokens is slow; retry"));
  begin(make(std::move(what), std::move(answer)));
}

void token_desk::revoke(std::string id, std::optional<std::string> of, control_answer_to answer) {
  if (!book_.revoke(id, of ? std::optional<std::string_view>(*of) : std::nullopt, now()))
    return (*answer)(make_fault(fault::bad_name, id));
  changed_();
  if (is_crowded())
    return (*answer)(make_fault(fault::failed, "it is revoked, but the disk of the tokens is slow"));
  begin(record(std::move(answer)));
}

namespace {

/// One of those who wait for the disk.
class waiting_place {
public:
  explicit waiting_place(std::size_t& count) : count_(count) { ++count_; }
  ~waiting_place() { --count_; }
  waiting_place(const waiting_place&) = delete;
  waiting_place& operator=(const waiting_place&) = delete;

private:
  std::size_t& count_;
};

} // namespace

token_desk::work token_desk::make(token_book::wish what, control_answer_to answer) {
  waiting_place place{waiting_};
  long_turn turn{writes_};
  co_await turn.come();
  auto in_force = access_->now();
  if (path_.empty()) {
    (*answer)(make_fault(fault::failed, why_not_.empty() ? "[access] has no token_file" : why_not_));
    co_return;
  }
  auto came =
    book_.create(std::move(what), {in_force->options->token_ttl, in_force->options->token_ttl_max}, random_byte, now());
  if (auto* refused = std::get_if<protocols::rpc_fault>(&came)) {
    (*answer)(std::move(*refused));
    co_return;
  }
  auto& made = std::get<token_book::made>(came);
  auto failed = co_await write(most_bytes);
  if (failed) {
    book_.forget(made.id);
    (*answer)(make_fault(fault::failed, *failed));
    co_return;
  }
  rpc_value::structure shown;
  shown.reserve(3);
  shown.emplace_back("id", made.id);
  shown.emplace_back("token", protocols::rpc_secret{std::move(made.token)});
  shown.emplace_back("expires", made.expires);
  (*answer)(rpc_value{std::move(shown)});
}

/// Has the file say what the book does. `answer`: who waits for it, or null.
token_desk::work token_desk::record(control_answer_to answer) {
  waiting_place place{waiting_};
  long_turn turn{writes_};
  co_await turn.come();
  std::optional<std::string> failed;
  if (book_.unsaved() && !path_.empty())
    failed = co_await write(platform::largest_token_file);
  if (!answer)
    co_return;
  if (failed)
    (*answer)(make_fault(fault::failed, "it is revoked until the daemon ends: " + *failed));
  else
    (*answer)(std::monostate{});
}

/// Nothing, or why it could not be. Whoever calls it has the turn.
awaitable<std::optional<std::string>> token_desk::write(std::size_t most) {
  auto text = book_.text(now());
  if (text.size() > most)
    co_return path_ + " is too large";
  book_.saved(); // what comes from now on is not in it
  auto do_it = [path = path_, text = std::move(text)] { return platform::write_token_file(path, text); };
  auto written = co_await elsewhere(writes_, do_it);
  if (written) {
    told_ = false;
    co_return std::nullopt;
  }
  book_.not_saved();
  auto why = path_ + " cannot be written: " + written.error().what;
  if (!std::exchange(told_, true))
    log_.write(log_level::error, "token_file " + why);
  co_return why;
}

/// Until the other file is read, the tokens of the one before count.
token_desk::work token_desk::change_file(std::string path) {
  waiting_place place{waiting_};
  long_turn turn{writes_};
  co_await turn.come();
  auto do_it = [path] { return read_tokens(path); };
  auto read = co_await elsewhere(writes_, do_it);
  path_ = read ? path : std::string();
  why_not_ = read ? std::string() : read.error().what;
  book_ = read ? *std::move(read) : empty_book();
  if (!why_not_.empty())
    log_.write(log_level::error, why_not_ + ": there are no tokens until the daemon starts again");
  turn.release();
  end_of_users();
  changed_();
}

} // namespace troupe::actors
