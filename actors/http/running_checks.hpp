// Checks of proofs that are under way, so that requests which show the same one meanwhile wait for its outcome instead
// of a place in the queue: a script with ten connections is one check. Only the HTTP thread. Must not check anything.
// Source: docs/contract/access.md, 3.2. Cases: tests/access_hostile_test.py.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

namespace troupe::actors {

class running_checks {
  struct check {
    explicit check(boost::asio::io_context& io) : over(io, std::chrono::steady_clock::time_point::max()) {}
    boost::asio::steady_timer over; ///< never by itself
  };
  using table = std::unordered_map<std::string, std::shared_ptr<check>>;

public:
  explicit running_checks(boost::asio::io_context& io) : io_(io) {}

  /// One check, for as long as this lives; then whoever waits for it goes on.
  class place {
  public:
    ~place() {
      if (auto node = all_->extract(proof_))
        node.mapped()->over.cancel();
    }
    place(const place&) = delete;
    place& operator=(const place&) = delete;

  private:
    friend class running_checks;
    place(std::shared_ptr<table> all, std::string proof) : all_(std::move(all)), proof_(std::move(proof)) {}
    std::shared_ptr<table> all_;
    const std::string proof_;
  };

  bool runs(const std::string& proof) const { return all_->contains(proof); }
  /// `proof`: keyed; runs() does not hold.
  std::unique_ptr<place> begin(const std::string& proof) {
    all_->emplace(proof, std::make_shared<check>(io_));
    return std::unique_ptr<place>(new place(all_, proof));
  }
  /// Until the check of that proof is over.
  boost::asio::awaitable<void> wait(std::string proof) {
    auto found = all_->find(proof);
    if (found == all_->end())
      co_return;
    auto waited_for = found->second;
    boost::system::error_code ignored;
    co_await waited_for->over.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
  }

private:
  boost::asio::io_context& io_;
  std::shared_ptr<table> all_ = std::make_shared<table>();
};

} // namespace troupe::actors
