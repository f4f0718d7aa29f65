// What the desks of one HTTP thread share: what they answer from, whom they ask, and what every page carries.
// Must not know sockets or connections.
#pragma once

#include "actors/core/control.hpp"
#include "actors/io/long_work.hpp"
#include "actors/io/status_board.hpp"
#include "actors/rpc/rpc_methods.hpp"
#include "actors/web/web_feed.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace boost::asio {
class io_context;
}

namespace troupe::actors {

struct web_doors {
  std::function<void(control_request, control_answer_to)> ask; ///< the actors
  std::function<std::int64_t()> queued_events; ///< that wait for an event listener; empty: there are none
  std::function<std::size_t()> connections;    ///< of clients, open
  std::int64_t main_log_backups = 0;
  /// Of each TLS server, the seconds until its certificate ends; empty: there are none.
  std::function<std::vector<std::pair<std::string, std::int64_t>>()> certificates = {};
};

struct web_context {
  /// `methods_` and `work_` may be made later.
  web_context(boost::asio::io_context& io_, const rpc_context& of, rpc_methods& methods_, long_work& work_,
              web_doors doors_);

  boost::asio::io_context& io;
  const status_board& board;
  platform::main_log& log;
  std::shared_ptr<audit_trail> audit;          ///< null: nothing is recorded
  std::shared_ptr<const access_book> access;   ///< null: access control is off
  std::shared_ptr<const death_book> deaths;    ///< null: no reports are written
  std::function<program_graph_ptr()> programs; ///< as of rpc_context; may be empty
  const bool keeps_history;                    ///< else its addresses are not there
  rpc_methods& methods;
  long_work& work;
  web_doors doors;
  daemon_identity who;
  std::string token; ///< whoever can read our pages knows it; the same for the life of the daemon
  web_feed feed;     ///< where access control is off

  /// What pages with that view are told; good for as long as somebody reads it, or this turn.
  web_feed& feed_of(const std::shared_ptr<const board_view>& view);
  /// How many follow, whatever their view.
  std::size_t readers() const;

private:
  std::map<std::shared_ptr<const board_view>, std::unique_ptr<web_feed>> feeds_; ///< where it is on
};

/// Before any is made: pages that another binary has shown go on working.
void continue_page_token(const std::string& of_before);
const std::string& page_token_now();

} // namespace troupe::actors
