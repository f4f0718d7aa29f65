// What open pages are told: the whole status at first, then what changes, at once but no more than twenty times a
// second, each change written once for all of them. Nobody looks: nothing is done. The HTTP thread only. Must not know
// sockets (http_web.cpp writes). Source: docs/web.md, "Events".
#pragma once

#include "actors/io/usage_sampler.hpp"
#include "actors/web/web_rows.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace troupe::actors {

class web_feed {
public:
  using piece = std::shared_ptr<const std::string>; ///< text/event-stream, whole events

  /// Of one view: whatever is hidden there makes no difference to what is sent, nor to when. `programs`: who depends on
  /// whom, at the moment; empty, or null: nobody.
  web_feed(boost::asio::io_context& io, std::shared_ptr<const board_view> view, const daemon_identity& who,
           std::function<program_graph_ptr()> programs = nullptr);
  ~web_feed();
  web_feed(const web_feed&) = delete;
  web_feed& operator=(const web_feed&) = delete;

  /// One open page.
  class reader {
  public:
    reader(web_feed& of, std::function<void()> wake);
    ~reader();
    reader(const reader&) = delete;
    reader& operator=(const reader&) = delete;
    /// What it has not seen yet: a piece that changes what came before, or the whole status, where it is too far
    /// behind. Null: nothing; `wake` will be called.
    piece next();

  private:
    friend class web_feed;
    web_feed& of_;
    std::function<void()> wake_;
    std::uint64_t seen_ = 0; ///< pieces, of all there were
    bool greeted_ = false;
  };

  std::size_t readers() const { return readers_.size(); }
  const usage_sampler& usage() const { return usage_; }

private:
  void start();
  void stop();
  void listen(); ///< to the board
  void note_change();
  void push();
  void publish(std::string data, std::string_view event);
  void ping();
  piece whole();
  void begin(protocols::json_writer& out) const;
  void write_usage(const std::vector<std::uint64_t>& processes);
  std::uint64_t published() const { return first_ + pieces_.size(); }

  boost::asio::io_context& io_;
  std::vector<process_status_ptr> followed() const;
  /// What is not met of those that depend on others, as far as it is seen: it changes with the others.
  using unmet_texts = std::unordered_map<std::uint64_t, std::vector<std::string>>;
  unmet_texts unmet_now(const std::vector<process_status_ptr>& of) const;

  const std::shared_ptr<const board_view> view_;
  const std::shared_ptr<int> alive_ = std::make_shared<int>(); ///< while handlers may still be on their way here
  const daemon_identity& who_;
  const std::function<program_graph_ptr()> programs_;
  usage_sampler usage_;
  boost::asio::steady_timer push_timer_;
  boost::asio::steady_timer ping_timer_;
  std::chrono::steady_clock::time_point last_push_{};
  bool push_due_ = false;
  std::unordered_set<reader*> readers_;
  std::unordered_map<std::uint64_t, process_status_ptr> shown_; ///< what pages know
  unmet_texts shown_unmet_;
  daemon_state shown_state_ = daemon_state::running;
  std::deque<piece> pieces_; ///< the last ones
  std::uint64_t first_ = 0;  ///< number of the first of them
  piece whole_;              ///< the whole status, as of whole_at_
  std::uint64_t whole_at_ = 0;
  std::chrono::steady_clock::time_point whole_made_{};
};

} // namespace troupe::actors
