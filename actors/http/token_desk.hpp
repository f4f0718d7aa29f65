// Keeps the tokens while the daemon runs: the book of them and its file, which a thread of its own writes, so that
// nobody waits for a disk but who makes or revokes one. Only the HTTP thread. Must not know what a token lets its owner
// do (the gate does), nor who may make one (rpc_tokens.cpp). Source: docs/contract/access.md, 3.5.
// Cases: tests/access_token_test.py.
#pragma once

#include "actors/core/access_book.hpp"
#include "actors/io/long_work.hpp"
#include "actors/rpc/token_keeper.hpp"
#include "protocols/token_book.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::platform {
class main_log;
}

namespace troupe::actors {

class token_desk final : public token_keeper {
public:
  /// `changed`: tokens have ended; whoever follows something by one is to be looked at.
  token_desk(boost::asio::io_context& io, platform::main_log& log, std::shared_ptr<const access_book> access,
             std::function<void()> changed)
      : io_(io), log_(log), access_(std::move(access)), changed_(std::move(changed)) {}

  /// The thread begins. `read`: what is in the file of the rules; null: no file.
  void start(const std::shared_ptr<protocols::token_book>& read);
  void rules_replaced();

  /// The valid token of that text, if it counts from there; its use is noted. Good for this turn.
  const protocols::token_record* find(std::string_view token, const config::origin& from);
  /// The same by its id.
  const protocols::token_record* valid(std::string_view id) const;

  void create(protocols::token_book::wish what, control_answer_to answer) override;
  std::vector<protocols::token_record> of_user(std::string_view user) const override;
  void revoke(std::string id, std::optional<std::string> of, control_answer_to answer) override;

private:
  using work = boost::asio::awaitable<void>;
  void begin(work what);
  work make(protocols::token_book::wish what, control_answer_to answer);
  work record(control_answer_to answer);
  work change_file(std::string path);
  boost::asio::awaitable<std::optional<std::string>> write(std::size_t most);
  void end_of_users();
  bool is_crowded() const { return waiting_ >= most_waiting; }

  static constexpr std::size_t most_waiting = 100;       ///< for the disk
  static constexpr std::size_t most_bytes = 32ULL << 20; ///< of a file to which a token may be added

  boost::asio::io_context& io_;
  platform::main_log& log_;
  std::shared_ptr<const access_book> access_;
  std::function<void()> changed_;
  protocols::token_book book_ = empty_book();
  std::string wanted_;        ///< the file as the rules say
  std::string path_;          ///< the one that `book_` is of; empty: none
  std::string why_not_;       ///< there is no file, though the rules name one
  std::int64_t used_day_ = 0; ///< on which the file was last written only for who used what
  bool told_ = false;         ///< that the file cannot be written
  std::size_t waiting_ = 0;
  long_work writes_{io_}; ///< last: it ends before what it works for

  static protocols::token_book empty_book();
};

} // namespace troupe::actors
