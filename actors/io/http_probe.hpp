// Does a server answer GET with a status of 200 to 399? Reads the head of the answer and nothing behind it, follows no
// redirect. Must not include Beast's parser here, which is slow to compile. Source: docs/contract/programs.md, 3.1.
// Cases: tests/io/probe_desk_test.cpp.
#pragma once

#include "actors/io/tcp_probe.hpp"

#include <memory>
#include <string>

namespace troupe::actors {

class http_probe : public tcp_probe {
public:
  using tcp_probe::tcp_probe;

private:
  struct exchange;
  void connected() override;
  void read_head();

  std::shared_ptr<exchange> exchange_;
};

/// What is sent, `form` being one of http.
std::string http_request_of(const config::check_form& form);

} // namespace troupe::actors
