// New certificates without a restart: watches the files of one TLS server, and puts a new context on its desk when all
// of them fit. Nothing wakes where nothing changes. Only the HTTP thread; files are read on another. Must not know
// connections. Source: docs/contract/access.md, 5.2. Cases: tests/tls_test.py, RenewalTest.
#pragma once

#include "actors/http/http_context.hpp"
#include "actors/http/tls_desk.hpp"

#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <string>
#include <vector>

namespace troupe::actors {

class tls_renewal : public std::enable_shared_from_this<tls_renewal> {
public:
  tls_renewal(http_context& context, const config::server_options& server, std::shared_ptr<tls_desk> desk);
  void start();
  void look(); ///< though nobody has seen a change
  void close();

private:
  void watch();
  void look_where_blind();
  void changed();
  void look_after(steady::duration time);
  awaitable<void> load();
  void failed(const std::string& why);

  http_context& context_;
  const std::string section_;
  const config::tls_options options_;
  std::shared_ptr<tls_desk> desk_;
  std::vector<std::unique_ptr<file_watch::subscription>> watched_;
  asio::steady_timer timer_;
  int attempts_ = 0;     ///< since the last change that did not work
  bool loading_ = false; ///< on the other thread
  bool again_ = false;   ///< when that is done
  bool closed_ = false;
};

} // namespace troupe::actors
