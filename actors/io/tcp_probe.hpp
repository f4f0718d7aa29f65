// Does somebody accept connections at HOST:PORT? A name is looked up on a thread of the crew, and all its addresses are
// tried in order. Must not speak there (http_probe does). Source: docs/contract/programs.md, 3.1.
// Cases: tests/io/probe_desk_test.cpp.
#pragma once

#include "actors/io/probe_run.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace troupe::actors {

class tcp_probe : public probe_run {
public:
  tcp_probe(probe_means_ptr means, probe_order order, probe_told told);

protected:
  void look() override;
  void let_go() noexcept override;
  virtual void connected() { answer({true, {}}); } ///< socket_ is

  boost::asio::ip::tcp::socket socket_;

private:
  void look_up(const std::string& host);
  void try_next();
  void cannot(const std::string& reason);

  std::shared_ptr<const slow_look> name_; ///< while it is looked up
  std::vector<boost::asio::ip::tcp::endpoint> addresses_;
  std::size_t tried_ = 0;
};

/// `HOST:PORT`, an IPv6 address in brackets; 0: no port.
std::string host_and_port(const std::string& host, int port);

} // namespace troupe::actors
