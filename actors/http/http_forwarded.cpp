// From where a request comes, where a trusted proxy passes it on: for networks, throttling and records. It is found
// anew for each request, as a proxy sends those of many clients over one connection. Must not know proofs.
// Source: docs/contract/access.md, 3.7. Cases: tests/protocols/forwarded_test.cpp, tests/tls_test.py.
#include "actors/http/http_connection.hpp"

#include "protocols/forwarded.hpp"

namespace troupe::actors {

/// What is so whoever is behind it.
struct http_connection::direct_arrival {
  arrival came;
  std::string address, who;
  bool learnt = false;
};

void http_connection::see_through(std::span<const std::string_view> forwarded_for, std::string_view proto) {
  if (!direct_)
    direct_ = std::make_shared<direct_arrival>(direct_arrival{arrival_, address_, who_, learnt_});
  const auto& trusted = server_.trusted_proxies;
  const auto& came = direct_->came;
  bool is_proxy = protocols::is_trusted(came.from, trusted);
  bool passes_on = is_proxy && !forwarded_for.empty();
  auto before = arrival_.address;
  auto behind =
    passes_on ? protocols::behind_proxies(forwarded_for, trusted) : protocols::forwarded_from{came.from, came.address};
  arrival_.secure = came.secure || (is_proxy && protocols::says_https(proto));
  arrival_.from = behind.from;
  arrival_.address = behind.address;
  arrival_.via = passes_on ? came.address : "";
  arrival_.peer = passes_on ? std::nullopt : came.peer;
  address_ = passes_on ? behind.address : direct_->address;
  who_ = passes_on ? behind.address : direct_->who;
  learnt_ = passes_on || direct_->learnt;
  if (origin_)
    note_origin();
  if (before != arrival_.address) { // somebody else
    known_ = false;
    if (context_.access.on())
      forget_caller(relayed_);
  }
}

} // namespace troupe::actors
