// See tcp_probe.hpp.
#include "actors/io/tcp_probe.hpp"

#include <boost/asio/ip/address.hpp>

#include <cerrno>
#include <cstring>
#include <utility>

#include <netdb.h>
#include <sys/socket.h>

namespace troupe::actors {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr std::size_t most_addresses = 16; // of one name

struct found_addresses {
  std::vector<tcp::endpoint> all;
  std::string error;
};

/// May take as long as name services do.
found_addresses addresses_of(const std::string& host, int port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* first = nullptr;
  if (int code = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &first); code != 0)
    return {{}, code == EAI_SYSTEM ? system_text(errno) : ::gai_strerror(code)};
  std::unique_ptr<addrinfo, void (*)(addrinfo*)> list(first, ::freeaddrinfo);
  found_addresses found;
  for (auto* at = first; at && found.all.size() < most_addresses; at = at->ai_next) {
    tcp::endpoint address;
    if (at->ai_addrlen > address.capacity())
      continue;
    std::memcpy(address.data(), at->ai_addr, at->ai_addrlen);
    address.resize(at->ai_addrlen);
    found.all.push_back(address);
  }
  return found;
}

/// Where nobody listens on a port the system gives to clients, a client may be given that very port, and then it is
/// connected to itself.
bool is_connected_to_itself(const tcp::socket& socket) {
  boost::system::error_code one;
  boost::system::error_code other;
  return socket.local_endpoint(one) == socket.remote_endpoint(other) && !one && !other;
}

} // namespace

std::string host_and_port(const std::string& host, int port) {
  auto shown = host.find(':') == host.npos ? host : '[' + host + ']';
  return port == 0 ? shown : shown + ':' + std::to_string(port);
}

tcp_probe::tcp_probe(probe_means_ptr means, probe_order order, probe_told told)
    : probe_run(std::move(means), std::move(order), std::move(told)), socket_(means_->io) {}

void tcp_probe::look() {
  auto host = order_.form.host.str();
  boost::system::error_code is_name;
  auto address = asio::ip::make_address(host, is_name);
  if (is_name)
    return look_up(host);
  addresses_.emplace_back(address, static_cast<unsigned short>(order_.form.number));
  try_next();
}

void tcp_probe::look_up(const std::string& host) {
  auto came = from_elsewhere([this](found_addresses& found) {
    name_.reset();
    if (found.all.empty())
      return cannot(found.error);
    addresses_ = std::move(found.all);
    try_next();
  });
  auto name = std::make_shared<slow_look>();
  name->what = "name " + host;
  name->work = [host, port = order_.form.number, came]() -> std::function<void()> {
    return [found = addresses_of(host, port), came]() mutable { came(found); };
  };
  name->refused = from_elsewhere([this](const std::string& why) { cannot(why); });
  name_ = name;
  means_->looks->ask(name);
}

void tcp_probe::try_next() {
  boost::system::error_code ignored;
  socket_.close(ignored); // of the one before
  socket_.async_connect(addresses_[tried_], contained([this](const boost::system::error_code& failed) {
                          auto error = failed;
                          if (!error && is_connected_to_itself(socket_)) {
                            error = asio::error::connection_refused;
                            socket_.set_option(tcp::socket::linger(true, 0)); // the port is its server's
                          }
                          if (!error)
                            return connected();
                          if (++tried_ == addresses_.size())
                            return cannot(error.message());
                          try_next();
                        }));
}

void tcp_probe::cannot(const std::string& reason) {
  fail("connect " + host_and_port(order_.form.host, order_.form.number) + ": " + reason);
}

void tcp_probe::let_go() noexcept {
  name_.reset();
  boost::system::error_code ignored;
  socket_.close(ignored);
}

} // namespace troupe::actors
