// One request on its way and the answer to it; and several at once. Who listens on a unix socket is looked at before
// credentials go out. Must not print.
#pragma once

#include "apps/ctl/http_wire.hpp"
#include "apps/ctl/sockets.hpp"
#include "apps/ctl/wire.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::ctl {

/// `as`, without credentials where the socket's other end is none of root, this user and `as.trusted`.
struct introduction {
  server as;
  std::optional<std::string> withheld_from; ///< the user who listens; empty: nothing was withheld
  bool has_token = false;                   ///< that was it; else a user name and a password
};
introduction introduce(int fd, const server& as);

class exchange {
public:
  explicit exchange(wire connection, context::on_arrival look = {});

  void send(const endpoint& where, const introduction& who, std::string_view body);
  /// Takes in what there is, or waits for it.
  void receive_some(std::span<char> room);
  bool over() const { return over_; }
  int fd() const { return wire_.fd(); }
  /// Once over.
  std::variant<http_answer, failure> result();
  /// The connection, if it may be used again.
  wire connection();

private:
  wire wire_;
  context::on_arrival look_;
  http_answer answer_;
  http_reader reader_;
  failure why_;
  bool over_ = false;
};

/// context::post_each. `told`: who was refused credentials.
void exchange_each(const server& to, const std::vector<std::string>& bodies, const context::on_answer& tell,
                   const std::function<void(const introduction&)>& told);

} // namespace troupe::ctl
