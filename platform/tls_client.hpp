// The client's end of TLS: whom it trusts, and who it says it is. The chain and the name of a server are always
// verified; nothing switches that off. Must not connect, nor wait. Source: docs/contract/access.md, 4.
#pragma once

#include "config/result.hpp"
#include "platform/tls_stream.hpp"

#include <memory>
#include <string>

struct ssl_ctx_st;

namespace troupe::platform {

struct tls_client_files {
  std::string authorities; ///< empty: those of the system
  std::string cert;        ///< our own; empty: none
  std::string key;         ///< of it; empty: in the same file
  bool operator==(const tls_client_files&) const = default;
};

class tls_client {
public:
  /// An error is `could not read F`, or what is wrong with it.
  static config::result<std::unique_ptr<tls_client>> load(const tls_client_files& files);
  ~tls_client();
  /// Once the last of them and of their streams is gone, and the program ends.
  static void end();
  tls_client(const tls_client&) = delete;
  tls_client& operator=(const tls_client&) = delete;

  /// Over the connected socket `fd`, to the server of that name or address; hands have still to be shaken.
  std::unique_ptr<tls_stream> speak_to(const std::string& host, int fd) const;

private:
  explicit tls_client(ssl_ctx_st* native) : native_(native) {}
  ssl_ctx_st* native_;
};

/// Why the certificate of the server at the other end is not trusted; of a handshake that has failed for that.
struct distrust {
  std::string why;
  bool wrong_name = false; ///< it is that of another server
};
distrust distrust_of(const tls_stream& failed);

} // namespace troupe::platform
